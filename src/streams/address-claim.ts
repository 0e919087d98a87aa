import type { PeerAddress } from '../sdp/peer-addresses.ts';
import type { Session } from './session.ts';

/** What is to be known of both sides of a claim. */
type Side = Pick<Session, 'peer' | 'workerId' | 'claimed' | 'connected' | 'clientAddress' | 'signOfLife' | 'close'>;

/** How often a session that does not come up is looked at, in milliseconds. */
const lookMs = 250;

/** A peer of whom so many looks in a row, in 2 s, found no media and no report is gone: reports come every second. Where the machine stood still, the clock went on. */
const quietLooks = 8;

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
export function enforceClaim(session: Side, others: () => Iterable<Side>): Disposable {
  const seen = new Map<Side, { readonly sign: string; readonly quiet: number }>();
  const asked = new Set<Side>();
  const look = async (other: Side): Promise<void> => {
    if (asked.has(other)) return; // its worker is busy
    asked.add(other);
    const sign = await other.signOfLife().finally(() => asked.delete(other));
    const before = seen.get(other);
    const quiet = before?.sign === sign ? before.quiet + 1 : 0;
    seen.set(other, { sign, quiet });
    if (!session.connected && quiet >= quietLooks) other.close('address-reused');
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

function standsInTheWay(other: Side, session: Side): boolean {
  const { peer } = other;
  if (other === session || peer === undefined || other.workerId !== session.workerId) return false;
  return session.claimed.some((address) => isSame(address, peer, session.clientAddress));
}

/** Behind a router, a peer's candidates name the port that it has there more often than its address; its POST tells that. */
function isSame(claimed: PeerAddress, peer: PeerAddress, clientAddress: string): boolean {
  return claimed.port === peer.port && (claimed.ip === peer.ip || clientAddress === peer.ip);
}
