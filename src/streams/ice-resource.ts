import { randomBytes } from 'node:crypto';
import { GatewayError } from '../errors.ts';
import type { MediaTransport } from '../media/transport.ts';
import { type IceFragment, parseFragment, writeRestartFragment } from '../sdp/fragment.ts';
import type { RemoteTransport } from '../sdp/model.ts';
import type { PeerAddress } from '../sdp/peer-addresses.ts';

/** What is known of a peer's ICE. */
export type RemotePeer = Pick<RemoteTransport, 'ice' | 'addresses'>;

/** What an {@link IceResource} works with. */
export interface IceResourceParts {
  readonly transport: MediaTransport;
  /** Mid of the section that carries the bundle's transport. */
  readonly taggedMid: string;
  /** Undefined until the peer has answered our counter-offer. */
  readonly remote: RemotePeer | undefined;
  /** Whether its session has ended. */
  readonly isClosed: () => boolean;
  readonly onRestart: () => void;
}

/** A fragment of ours for the peer, with the tag of the ICE session that it begins. */
export interface RestartReply {
  readonly fragmentText: string;
  readonly etag: string;
}

/** Addresses of one peer that are kept: the last ones. */
const mostAddresses = 64;

/** The ICE session of one session URL: its entity tag, its peer, and the PATCHes that change them (RFC 9725 §4.3). */
export class IceResource {
  readonly #parts: IceResourceParts;
  #remote: RemotePeer | undefined;
  #etag = newEtag();
  /** Settles when every PATCH so far is done. */
  #patched: Promise<unknown> = Promise.resolve();

  constructor(parts: IceResourceParts) {
    this.#parts = parts;
    this.#remote = parts.remote;
  }

  /** Strong entity tag of the present ICE session, with its quotes (RFC 9725 §4.3.1). */
  get etag(): string {
    return this.#etag;
  }

  /** Where the peer says that it is. */
  get claimed(): readonly PeerAddress[] {
    return this.#remote?.addresses ?? [];
  }

  /** The peer has answered our counter-offer. */
  answered(remote: RemotePeer): void {
    this.#remote = remote;
  }

  /** See `Session.patch`. */
  async patch(fragmentText: string, isCurrent: (etag: string) => boolean): Promise<RestartReply | undefined> {
    const fragment = parseFragment(fragmentText);
    // One after the other: of two restarts for the same tag, the second must find a new one (RFC 9725 §4.3.1).
    const applied = this.#patched.then(async () => this.#apply(fragment, isCurrent));
    this.#patched = applied.catch(() => undefined); // its own caller is told
    return applied;
  }

  async #apply(fragment: IceFragment, isCurrent: (etag: string) => boolean): Promise<RestartReply | undefined> {
    const { transport, taggedMid, isClosed, onRestart } = this.#parts;
    if (isClosed()) throw new GatewayError('ERR_SESSION_NOT_FOUND', 'The session has ended.');
    if (!isCurrent(this.#etag)) {
      throw new GatewayError('ERR_ETAG_MISMATCH', 'If-Match names an older ICE session; use the last ETag, or "*" to restart ICE.');
    }
    const ice = this.#restartedBy(fragment);
    if (ice === undefined) {
      this.#trickle(fragment.addresses);
      return undefined;
    }
    const iceParameters = await transport.restartIce();
    this.#remote = { ice, addresses: fragment.addresses };
    this.#etag = newEtag();
    onRestart();
    const { iceCandidates } = transport.local;
    return { fragmentText: writeRestartFragment({ iceParameters, iceCandidates }, taggedMid), etag: this.#etag };
  }

  /** The peer's new credentials, if the fragment has other ones than those that are known. */
  #restartedBy({ usernameFragment, password }: IceFragment): RemotePeer['ice'] | undefined {
    if (usernameFragment === undefined || password === undefined) return undefined;
    const known = this.#remote?.ice;
    return usernameFragment === known?.usernameFragment && password === known.password ? undefined : { usernameFragment, password };
  }

  #trickle(addresses: readonly PeerAddress[]): void {
    if (this.#remote !== undefined) this.#remote = { ...this.#remote, addresses: [...this.claimed, ...addresses].slice(-mostAddresses) };
  }
}

function newEtag(): string {
  return `"${randomBytes(9).toString('base64url')}"`;
}
