import type { IncomingTrack, LocalLeg, StreamMedia } from '../../media/engine.ts';
import { writeLocalDescription } from '../../sdp/local-description.ts';
import type { TrackDescription } from '../../sdp/model.ts';
import { boundPorts } from './bound-ports.ts';
import type { PortPairs } from './port-pairs.ts';
import type { TapPlan } from './tap-plan.ts';

/** What legs are opened with. */
export interface LegOptions {
  readonly ports: PortPairs;
  readonly media: StreamMedia;
  readonly tracks: readonly { readonly description: TrackDescription; readonly incoming: IncomingTrack }[];
  readonly plan: TapPlan;
}

/** The RTP legs of a plan, in its order, each with the port of its pair. */
export interface OpenLegs {
  readonly legs: readonly LocalLeg[];
  readonly ports: readonly number[];
}

/** Opens every leg, paused; disposing of `resources` closes them and returns the ports. Throws what the first that failed has thrown. */
export async function openLegs({
  ports: pairs,
  media,
  tracks,
  plan,
}: LegOptions): Promise<OpenLegs & { readonly resources: DisposableStack }> {
  using resources = new DisposableStack();
  const bound = (await boundPorts()) ?? new Set<number>();
  const ports = plan.legs.map(() => resources.use(pairs.lease(bound)).port);
  const opened = await Promise.allSettled(
    plan.legs.map(async ({ track, encoding }, index) => {
      const incoming = tracks[track]?.incoming;
      if (incoming === undefined) throw new TypeError('a plan is of tracks that there are');
      return media.openLeg(incoming, { port: ports[index] ?? 0, encoding });
    }),
  );
  for (const leg of opened) {
    if (leg.status === 'fulfilled') {
      resources.defer(() => {
        leg.value.close();
      });
    }
  }
  const legs = opened.map((leg) => {
    if (leg.status === 'rejected') throw leg.reason;
    return leg.value;
  });
  return { legs, ports, resources: resources.move() };
}

/** What FFmpeg is told of them. */
export function describeLegs({ tracks, plan }: LegOptions, { legs, ports }: OpenLegs): string {
  return writeLocalDescription(
    plan.legs.map(({ track, kind, codec }, index) => ({
      kind,
      codec,
      payloadType: legs[index]?.payloadType ?? 0,
      port: ports[index] ?? 0,
      fmtp: tracks[track]?.description.fmtp ?? {},
    })),
  );
}
