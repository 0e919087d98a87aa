import type { Router, TransportListenInfo } from 'mediasoup/types';
import type { LegOrder, LocalLeg } from '../engine.ts';
import { ProducerTrack } from '../incoming-track.ts';
import { PlainLeg } from '../local-leg.ts';
import { ReplayClock } from './replay-clock.ts';
import { ReplayedLeg } from './replayed-leg.ts';

/** What legs are opened with. */
export interface LocalLegsOptions {
  readonly listenInfo: TransportListenInfo;
  /** See {@link StreamMedia.openLegs}. */
  readonly replays: boolean;
}

/** A leg that is to be opened. */
interface TrackOrder extends Omit<LegOrder, 'track'> {
  readonly track: ProducerTrack;
}

/** Opens all legs of one program, paused. Rejects as the first that failed did; then nothing is left behind. */
export async function openLocalLegs(router: Router, orders: readonly LegOrder[], options: LocalLegsOptions): Promise<readonly LocalLeg[]> {
  const known = orders.map(({ track, ...order }) => {
    if (!(track instanceof ProducerTrack)) throw new TypeError('the track belongs to another engine');
    return { ...order, track };
  });
  const clock = options.replays ? replayClockOf(known) : undefined;
  const opening = known.map(async (order) => openLeg(router, order, { clock, ...options }));
  const opened = await Promise.allSettled(opening);
  const failed = opened.find((leg) => leg.status === 'rejected');
  const legs = opened.flatMap((leg) => (leg.status === 'fulfilled' ? [leg.value] : []));
  if (failed === undefined) return legs;
  for (const leg of legs) leg.close();
  throw failed.reason;
}

async function openLeg(
  router: Router,
  { track, ...order }: TrackOrder,
  { clock, listenInfo }: LocalLegsOptions & { readonly clock: ReplayClock | undefined },
): Promise<LocalLeg> {
  const plain = await PlainLeg.open(router, track, { ...order, listenInfo });
  return clock === undefined ? plain : ReplayedLeg.open({ track, plain, port: order.port, clock });
}

/** The clock of what can be replayed: one picture of one encoding, with or without sound. Undefined where there is nothing of the kind. */
function replayClockOf(orders: readonly TrackOrder[]): ReplayClock | undefined {
  const [pictures, sounds] = (['video', 'audio'] as const).map((kind) => orders.filter(({ track }) => track.kind === kind));
  const [picture, other] = pictures ?? [];
  if (picture === undefined || other !== undefined || picture.encoding !== undefined || picture.track.gops === undefined) return undefined;
  return new ReplayClock({ picture: picture.track.clockRate, sound: sounds?.[0]?.track.clockRate ?? 48_000 });
}
