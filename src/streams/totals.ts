import type { TransportTotals } from '../media/transport.ts';

const fields = ['rtpBytesReceived', 'rtpBytesSent', 'rtpPacketsReceived', 'rtpPacketsSent', 'packetsLost', 'keyFrameRequests'] as const;

type Sum = Record<(typeof fields)[number], number>;

function zeros(): Sum {
  return { rtpBytesReceived: 0, rtpBytesSent: 0, rtpPacketsReceived: 0, rtpPacketsSent: 0, packetsLost: 0, keyFrameRequests: 0 };
}

/** All of them together. */
export function sumOf(totals: Iterable<TransportTotals>): TransportTotals {
  const sum = zeros();
  for (const one of totals) for (const field of fields) sum[field] += one[field];
  return sum;
}

/** How many sessions are asked at the same time: a thousand at once would hold up everything else for a tenth of a second. */
const atOnce = 25;

/** What can be asked for its totals. */
interface Sampled {
  /** The worker that moves its packets. */
  readonly workerId: number;
  sample(): Promise<TransportTotals>;
}

/** Sums over all sessions, ended ones included, that never run backwards. */
export class TotalsLedger {
  readonly #sums = new Map<number, Sum>();
  readonly #last = new WeakMap<Sampled, TransportTotals>();

  /**
   * Asks every live session, then gives the sums by worker. A session that cannot answer any more counts with what was last heard of it.
   */
  async collect(sessions: readonly Sampled[]): Promise<ReadonlyMap<number, TransportTotals>> {
    for (let from = 0; from < sessions.length; from += atOnce) {
      await Promise.all(sessions.slice(from, from + atOnce).map((session) => this.#add(session, session.sample())));
    }
    return new Map([...this.#sums].map(([workerId, sum]) => [workerId, { ...sum }]));
  }

  /** Counts a session that closes now; `final` is its last word, asked before its transport closed. */
  settle(session: Sampled, final: Promise<TransportTotals> | undefined): void {
    if (final !== undefined) void this.#add(session, final);
  }

  async #add(session: Sampled, sample: Promise<TransportTotals>): Promise<void> {
    const now = await sample.catch(() => undefined); // the worker died or the transport is gone: nothing more is known
    if (now === undefined) return;
    const before = this.#last.get(session);
    this.#last.set(session, now);
    const sum = this.#sums.get(session.workerId) ?? zeros();
    this.#sums.set(session.workerId, sum);
    for (const field of fields) {
      const then = before?.[field] ?? 0;
      // Counters of tracks that ended drop out of a sample: it starts again from there.
      sum[field] += now[field] >= then ? now[field] - then : now[field];
    }
  }
}
