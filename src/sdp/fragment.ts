import type { IceCandidate, IceParameters } from 'mediasoup/types';
import type { AttributeBlock } from 'sdp-transform';
import { GatewayError } from '../errors.ts';
import { candidateAttribute } from './candidate.ts';
import { type PeerAddress, peerAddresses } from './peer-addresses.ts';
import { readSessionBlock, textOf, unreadValues } from './session-block.ts';

/** What a trickle-ICE fragment (RFC 8840) tells an ICE-lite gateway, which sends nothing to a candidate. */
export interface IceFragment {
  /** With `password` or not at all. */
  readonly usernameFragment: string | undefined;
  readonly password: string | undefined;
  /** How many candidates there are, of whatever kind; they are counted, never resolved (conformance E07). */
  readonly candidates: number;
  readonly addresses: readonly PeerAddress[];
  readonly endOfCandidates: boolean;
}

/**
 * Reads an `application/trickle-ice-sdpfrag` body.
 *
 * Everything goes that has something recognisable in it (conformance E03, E08): credentials at either level, repeated or missing m=
 * sections, stray session lines. A `usernameFragment` without a password, or the reverse, is neither trickle nor restart: malformed.
 */
export function parseFragment(text: string): IceFragment {
  const session = readSessionBlock(text, { malformed: 'ERR_FRAGMENT_MALFORMED', tooLarge: 'ERR_FRAGMENT_UNPROCESSABLE' });
  const blocks: readonly AttributeBlock[] = [...session.media, session];
  const usernameFragment = textOf(blocks.find(({ iceUfrag }) => iceUfrag !== undefined)?.iceUfrag);
  const password = textOf(blocks.find(({ icePwd }) => icePwd !== undefined)?.icePwd);
  if ((usernameFragment === undefined) !== (password === undefined)) {
    throw new GatewayError('ERR_FRAGMENT_MALFORMED', 'a=ice-ufrag and a=ice-pwd belong together; send both or none.');
  }
  const candidates = blocks.reduce((sum, block) => sum + (block.candidates?.length ?? 0) + unreadValues(block, 'candidate').length, 0);
  const endOfCandidates = blocks.some((block) => block.endOfCandidates !== undefined);
  if (usernameFragment === undefined && candidates === 0 && !endOfCandidates) {
    throw new GatewayError('ERR_FRAGMENT_MALFORMED', 'The body holds no ICE credentials, no candidate and no end-of-candidates.');
  }
  return { usernameFragment, password, candidates, addresses: peerAddresses(blocks), endOfCandidates };
}

/**
 * Writes our side of an ICE restart (RFC 9725 §4.3.3): new credentials, the candidates unchanged.
 *
 * Names one UDP candidate only, because whip-whep-js spoils its SDP with a second one; a client keeps the others, they did not change.
 * The m= line is RFC 8840's placeholder: `a=mid` tells which section is meant.
 */
export function writeRestartFragment(
  local: { readonly iceParameters: IceParameters; readonly iceCandidates: readonly IceCandidate[] },
  mid: string,
): string {
  const candidate = local.iceCandidates.find(({ protocol }) => protocol === 'udp') ?? local.iceCandidates[0];
  const lines = [
    'a=ice-lite',
    'a=ice-options:trickle',
    'm=audio 9 RTP/AVP 0',
    `a=mid:${mid}`,
    `a=ice-ufrag:${local.iceParameters.usernameFragment}`,
    `a=ice-pwd:${local.iceParameters.password}`,
    ...(candidate === undefined ? [] : [`a=${candidateAttribute(candidate)}`]),
    'a=end-of-candidates',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
