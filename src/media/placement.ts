/** What is known of one worker when a session needs a place. */
export interface WorkerLoad {
  readonly id: number;
  /** Share of a core that it uses: as last measured, and what was placed there since. */
  readonly share: number;
  /** Sessions that are open there. */
  readonly sessions: number;
}

/**
 * What a worker has of the stream that a viewer wants: a router that speaks the viewer's payload types (`serves`), another router of the
 * stream (`near`), or nothing.
 */
export type Presence = 'serves' | 'near' | 'none';

/** A worker that a viewer could be placed on. */
export interface ViewerPlace extends WorkerLoad {
  readonly presence: Presence;
}

/** What placing a viewer goes by. */
export interface ViewerCosts {
  /** Estimated share of a core that one viewer costs. A pipe costs its far end about as much. */
  readonly viewerShare: number;
  /** Share of a core up to which a worker takes viewers of a stream before they spread to another one. */
  readonly spreadAbove: number;
}

/** How sessions are spread over the workers. Each function gives undefined only when there is no worker. */
export interface Placement {
  readonly publisher: <Load extends WorkerLoad>(loads: readonly Load[]) => Load | undefined;
  readonly viewer: <Place extends ViewerPlace>(places: readonly Place[], costs: ViewerCosts) => Place | undefined;
}

/**
 * Places by CPU.
 *
 * A publisher goes to the idlest worker. A viewer goes where its stream is served already; if that is too busy, where the stream is at all;
 * then to the idlest worker, with a pipe of its own. When all are too busy it goes wherever it makes the smallest peak.
 */
export const byCpu: Placement = {
  publisher: (loads) => best(loads, ({ share }) => [wholePercents(share)]),
  viewer: (places, costs) =>
    best(places, ({ share, presence }) => {
      const after = share + costs.viewerShare * (presence === 'serves' ? 1 : 2);
      return [after <= costs.spreadAbove ? steps[presence] : tooBusy, wholePercents(after)];
    }),
};

/** In which order a stream's viewers spread. */
const steps: Record<Presence, number> = { serves: 0, near: 1, none: 2 };
const tooBusy = 3;

/** Finer differences are noise, and then the number of sessions tells more. */
function wholePercents(share: number): number {
  return Math.round(share * 100);
}

/** The worker with the lowest rank, number by number; among equals the one with the fewest sessions, then the first. */
function best<Load extends WorkerLoad>(loads: readonly Load[], rank: (load: Load) => readonly number[]): Load | undefined {
  const ranked = loads.map((load) => ({ load, rank: [...rank(load), load.sessions, load.id] }));
  return ranked.toSorted((a, b) => compare(a.rank, b.rank))[0]?.load;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((value, index) => value !== b[index]);
  return differing === -1 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

/** What a session costs where nothing is known yet: a viewer of 2 Mbit/s (media-notes §2), for as many sessions as make a measurement. */
const assumed = { share: 1 / 400, sessions: 20 };

/** No session costs less: those that idle may begin to watch. */
const leastShare = 1 / 4000;

/** Share of a core that a session costs on average, by what workers use for the sessions they had all along. */
export function sessionShare(workers: readonly { readonly measured: number; readonly settled: number }[]): number {
  const used = workers.reduce((sum, { measured }) => sum + measured, assumed.share * assumed.sessions);
  const sessions = workers.reduce((sum, { settled }) => sum + settled, assumed.sessions);
  return Math.max(leastShare, used / sessions);
}

/** Beyond this share of a core a worker begins to lose packets in bursts. */
const fullShare = 0.8;

/** How many more viewers of the present kind a worker can take. */
export function headroom({ share }: Pick<WorkerLoad, 'share'>, viewerShare: number): number {
  return Math.max(0, Math.floor((fullShare - share) / viewerShare));
}
