import type { PeerAddress } from '../sdp/peer-addresses.ts';
import type { Session } from './session.ts';

/** How often a session that does not come up is looked at, in milliseconds. */
const lookMs = 250;

/** A peer that has sent no media and no report for this long, in milliseconds, is gone: reports come every second. */
const silentMs = 2_000;

/**
 * Ends (`address-reused`) the sessions of peers that are gone where another one, which cannot connect, says that it has their address.
 *
 * A worker tells peers apart by where their packets come from. Where one died without a word and another has its port, because it always takes
 * the same or by chance, the worker takes the newcomer's ICE checks for those of the dead, and refuses them as long as that session is
 * open: for ever, if its player was one that sends no reports. Browsers go on with their checks; who takes the refusal for the end gets in when it
 * POSTs again.
 *
 * Dispose of the result when the session is closed.
 */
export function enforceClaim(session: Session, others: () => Iterable<Session>): Disposable {
  const seen = new Map<Session, { readonly sign: string; readonly sinceMs: number }>();
  const look = async (other: Session): Promise<void> => {
    const sign = await other.signOfLife();
    const before = seen.get(other);
    if (before?.sign !== sign) seen.set(other, { sign, sinceMs: performance.now() });
    else if (!session.connected && performance.now() - before.sinceMs >= silentMs) other.close('address-reused');
  };
  const timer = setInterval(() => {
    if (session.connected) clearInterval(timer);
    else for (const other of others()) if (standsInTheWay(other, session)) void look(other).catch(() => undefined); // its worker has died
  }, lookMs);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}

function standsInTheWay(other: Session, session: Session): boolean {
  const { peer } = other;
  if (other === session || peer === undefined || other.workerId !== session.workerId) return false;
  return session.claimed.some((address) => isSame(address, peer, session.clientAddress));
}

/** Behind a router, a peer's candidates name the port that it has there more often than its address; its POST tells that. */
function isSame(claimed: PeerAddress, peer: PeerAddress, clientAddress: string): boolean {
  return claimed.port === peer.port && (claimed.ip === peer.ip || clientAddress === peer.ip);
}
