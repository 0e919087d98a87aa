import { GatewayError } from '../errors.ts';
import type { TransportTotals } from '../media/transport.ts';
import { enforceClaim } from './address-claim.ts';
import type { SessionInfo, SessionKind } from './registry-events.ts';
import type { Session } from './session.ts';
import { enforceTerms, type SessionTerms } from './session-terms.ts';
import type { StreamId } from './stream-id.ts';
import { reportSession, type SessionReport } from './stream-report.ts';
import type { TotalsLedger } from './totals.ts';

/** What a session is kept with. */
interface KeptWith {
  readonly terms: SessionTerms;
  /** Given back when the session closes. */
  readonly seat: Disposable;
}

/** The sessions that are open, by the secrets of their URLs. */
export class OpenSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #totals: TotalsLedger;

  constructor(totals: TotalsLedger) {
    this.#totals = totals;
  }

  /** Makes a session findable, and holds it to its terms, until it closes. */
  keep(session: Session, { terms, seat }: KeptWith, onClosed: () => void): void {
    this.#sessions.set(session.secret, session);
    const enforced = new DisposableStack();
    enforced.use(enforceTerms(session, terms));
    enforced.use(enforceClaim(session, () => this.#sessions.values()));
    session.onClosed(() => {
      enforced.dispose();
      seat[Symbol.dispose]();
      this.#sessions.delete(session.secret);
      onClosed();
    });
  }

  /** The session behind a session URL. Throws `ERR_SESSION_NOT_FOUND`, the same for one that ended and one that never was. */
  find(kind: SessionKind, streamId: StreamId, secret: string): Session {
    const session = this.#sessions.get(secret);
    if (session?.kind !== kind || session.streamId !== streamId) throw notFound();
    return session;
  }

  /** Ends a session by its loggable id, as an operator wants it. Throws `ERR_SESSION_NOT_FOUND`. */
  kick(sessionId: string): SessionInfo {
    const session = [...this.#sessions.values()].find(({ id }) => id === sessionId);
    if (session === undefined) throw notFound();
    session.close('kicked');
    return session;
  }

  count(kind: SessionKind): number {
    return [...this.#sessions.values()].filter((session) => session.kind === kind).length;
  }

  /** Those of one stream where one is named; asks the workers. */
  async reports(streamId?: StreamId): Promise<readonly SessionReport[]> {
    const sessions = [...this.#sessions.values()].filter((session) => streamId === undefined || session.streamId === streamId);
    return Promise.all(sessions.map(reportSession));
  }

  /** What flowed since the start, by worker, over live and ended sessions; asks every worker. */
  async totalsByWorker(): Promise<ReadonlyMap<number, TransportTotals>> {
    return this.#totals.collect([...this.#sessions.values()]);
  }

  /** Ends every session, with a DTLS alert to its peer; viewers first, because what they were sent is not known any more once its source is gone. */
  close(): void {
    for (const kind of ['subscribe', 'publish'] as const) {
      for (const session of [...this.#sessions.values()].filter((one) => one.kind === kind)) session.close('shutdown');
    }
  }
}

function notFound(): GatewayError {
  return new GatewayError('ERR_SESSION_NOT_FOUND', 'There is no such session, or it has ended.');
}
