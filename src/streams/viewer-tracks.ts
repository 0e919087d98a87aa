import type { OutgoingTrack } from '../media/track.ts';
import type { SubscriberTransport } from '../media/transport.ts';
import {
  canFollow,
  consumeCapabilities,
  decodesAllSizes,
  type PlannedSection,
  sectionFor,
  type SubscribePlan,
} from '../sdp/subscribe-plan.ts';
import type { LiveTrack } from './publish-session.ts';

/** A track of the stream on its way to one viewer. */
export interface SentTrack {
  /** Of the section of the player's offer that carries it. */
  readonly mid: string;
  /** Whether the player can decode more than the smallest picture. */
  readonly decodesAllSizes: boolean;
  readonly track: LiveTrack;
  readonly outgoing: OutgoingTrack;
}

/** One track of the stream and the section of the player's offer that carries it. */
interface Route {
  readonly track: LiveTrack;
  readonly section: PlannedSection;
}

/** Consumes, paused, every track that the player can take. Rejects with `ERR_MEDIA_UNAVAILABLE`. */
export async function sendTracks(
  transport: SubscriberTransport,
  plan: SubscribePlan,
  tracks: readonly LiveTrack[],
): Promise<readonly SentTrack[]> {
  return Promise.all(
    routes(plan, tracks).map(async ({ track, section }) => ({
      mid: section.mid,
      decodesAllSizes: decodesAllSizes(section, track.description),
      track,
      outgoing: await transport.consume(track.incoming, {
        mid: section.mid,
        rtpCapabilities: consumeCapabilities(section, track.description),
        followsSsrc: plan.swapsSsrcs && !plan.namesSsrcs,
      }),
    })),
  );
}

/**
 * Goes on with the tracks of a returned publisher on the SSRCs of those before; undefined where one of them cannot. A track that is gone stays,
 * silent.
 */
export function carryOn(sent: readonly SentTrack[], plan: SubscribePlan, tracks: readonly LiveTrack[]): readonly SentTrack[] | undefined {
  const wanted = routes(plan, tracks);
  const carried = wanted.flatMap(({ track }) => {
    const before = sent.find(({ outgoing }) => outgoing.kind === track.description.kind);
    return before?.outgoing.carryOn(track.incoming) === true ? [{ ...before, track }] : [];
  });
  if (carried.length < wanted.length) return undefined;
  const silent = sent.filter(({ mid }) => carried.every((track) => track.mid !== mid));
  return [...carried, ...silent];
}

/** Whether the player offered this kind of track, but cannot be sent this one. */
export function missesOut(plan: SubscribePlan, { description }: LiveTrack): boolean {
  const section = sectionFor(plan, description);
  return plan.offeredKinds.includes(description.kind) && (section === undefined || !canFollow(section, description));
}

function routes(plan: SubscribePlan, tracks: readonly LiveTrack[]): readonly Route[] {
  return tracks.flatMap((track) => {
    const section = sectionFor(plan, track.description);
    return section === undefined ? [] : [{ track, section }];
  });
}

/** Changes with every report of a viewer on what it gets (RFC 3550 §6.4.1), and with every request of it. */
export async function signOfLife(sent: readonly SentTrack[]): Promise<string> {
  const reports = await Promise.all(sent.map(async ({ outgoing }) => outgoing.report()));
  return JSON.stringify(
    reports.map(({ lost, keyFrameRequests, roundTripMs, jitterMs }) => [lost, keyFrameRequests, roundTripMs, jitterMs]),
  );
}
