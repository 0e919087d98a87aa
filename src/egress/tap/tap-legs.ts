import type { LocalLeg, StreamMedia } from '../../media/engine.ts';
import type { IncomingTrack } from '../../media/track.ts';
import { writeLocalDescription } from '../../sdp/local-description.ts';
import type { TrackDescription } from '../../sdp/model.ts';
import { boundPorts } from './bound-ports.ts';
import type { PortPairs } from './port-pairs.ts';
import type { TapPlan } from './tap-plan.ts';
import { Vp9Relay } from './vp9-relay.ts';

/** What legs are opened with. */
export interface LegOptions {
  readonly ports: PortPairs;
  readonly media: StreamMedia;
  readonly tracks: readonly { readonly description: TrackDescription; readonly incoming: IncomingTrack }[];
  readonly plan: TapPlan;
  /** Whether the run begins with what is kept of the publisher since its last key frame, see {@link StreamMedia.openLegs}. */
  readonly replays: boolean;
  /** Told of media that cannot be handed over; a sentence. */
  readonly onProblem: (detail: string) => void;
}

/** The RTP legs of a plan, in its order, each with the port of its pair. */
export interface OpenLegs {
  readonly legs: readonly LocalLeg[];
  readonly ports: readonly number[];
}

/**
 * Opens every leg, paused; disposing of `resources` closes them and returns the ports. Throws what the first that failed has thrown.
 */
export async function openLegs(options: LegOptions): Promise<OpenLegs & { readonly resources: DisposableStack }> {
  using resources = new DisposableStack();
  const bound = (await boundPorts()) ?? new Set<number>();
  const ports = options.plan.legs.map(() => resources.use(options.ports.lease(bound)).port);
  const orders = await Promise.all(
    options.plan.legs.map(async ({ track, codec, encoding }, index) => {
      const incoming = options.tracks[track]?.incoming;
      if (incoming === undefined) throw new TypeError('a plan is of tracks that there are');
      const to = ports[index] ?? 0;
      return { track: incoming, encoding, port: codec === 'VP9' ? await openRelay(options, { to, bound, resources }) : to };
    }),
  );
  const legs = await options.media.openLegs(orders, options);
  for (const leg of legs) {
    resources.defer(() => {
      leg.close();
    });
  }
  return { legs, ports, resources: resources.move() };
}

/** Opens what makes packets of VP9 such that FFmpeg understands them; gives the port that takes them. */
async function openRelay(
  { ports, onProblem }: LegOptions,
  { to, bound, resources }: { readonly to: number; readonly bound: ReadonlySet<number>; readonly resources: DisposableStack },
): Promise<number> {
  const from = resources.use(ports.lease(bound)).port;
  const onLayers = (): void => {
    onProblem('FFmpeg cannot put VP9 with several spatial layers together; let the publisher send one layer, or H264.');
  };
  resources.use(await Vp9Relay.open({ from, to, onLayers }));
  return from;
}

/** What FFmpeg is told of them. */
export function describeLegs({ tracks, plan }: Pick<LegOptions, 'tracks' | 'plan'>, { legs, ports }: OpenLegs): string {
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
