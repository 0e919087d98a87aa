import type { Offer } from './model.ts';
import type { SubscribePlan } from './subscribe-plan.ts';

/** A plan with what the answer is written from, too. */
export interface AnswerablePlan extends SubscribePlan {
  readonly offer: Offer;
}

/**
 * What is kept of a plan whose answer is written. A copy: strings that were cut from an offer keep all of its text in memory, and a browser's is
 * 6 KiB long.
 */
export function withoutOffer({ offer: _offer, ...plan }: AnswerablePlan): SubscribePlan {
  return structuredClone(plan);
}
