import { candidateAttribute } from './candidate.ts';
import type { AnsweredCodec, LocalTransport, MediaKind } from './model.ts';

/** What the transport part of an m= section of ours says. */
export interface SectionTransport {
  readonly type: MediaKind | (string & {});
  readonly protocol: string;
  readonly mid: string;
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly rtcpReducedSize: boolean;
  readonly codecs: readonly AnsweredCodec[];
}

/** The m= line and everything of ICE, DTLS and multiplexing; the same credentials in each section of the bundle. */
export function transportLines({ type, protocol, mid, setup, rtcpReducedSize, codecs }: SectionTransport, local: LocalTransport): string[] {
  const numbers = codecs.flatMap(({ offered: { payloadType }, rtx }) => (rtx === undefined ? [payloadType] : [payloadType, rtx]));
  const { fingerprints } = local.dtlsParameters;
  const fingerprint = fingerprints.find(({ algorithm }) => algorithm === 'sha-256') ?? fingerprints[0];
  if (fingerprint === undefined) throw new TypeError('the local transport has no fingerprint');
  return [
    `m=${type} 9 ${protocol} ${numbers.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    `a=ice-ufrag:${local.iceParameters.usernameFragment}`,
    `a=ice-pwd:${local.iceParameters.password}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    `a=setup:${setup}`,
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    ...(rtcpReducedSize ? ['a=rtcp-rsize'] : []),
  ];
}

/** The session part of a description of ours; `tags` are the mids of its bundle. */
export function sessionLines(tags: readonly string[], extmapAllowMixed: boolean, local: LocalTransport): string[] {
  return [
    'v=0',
    `o=- ${sessionId(local)} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=ice-options:trickle',
    ...(tags.length === 0 ? [] : [`a=group:BUNDLE ${tags.join(' ')}`]),
    ...(extmapAllowMixed ? ['a=extmap-allow-mixed'] : []),
    'a=msid-semantic:WMS *',
  ];
}

/** A number that differs between sessions (RFC 8866 §5.2), without drawing randomness of its own. */
function sessionId({ iceParameters }: LocalTransport): number {
  const id = Number.parseInt(iceParameters.usernameFragment.slice(0, 10), 36);
  return Number.isSafeInteger(id) ? id : 0;
}

/** All candidates there will ever be (RFC 9725 §4.3.2), in one section: the others share its transport. */
export function candidateLines({ iceCandidates }: LocalTransport): string[] {
  return [...iceCandidates.map((candidate) => `a=${candidateAttribute(candidate)}`), 'a=end-of-candidates'];
}

/** A codec with its feedback, its parameters and its RTX. */
export function codecLines({ offered, rtx, fmtp, feedback }: AnsweredCodec): string[] {
  const { payloadType, name, clockRate, channels } = offered;
  const parameters = Object.entries(fmtp).map(([key, value]) => `${key}=${value}`);
  return [
    `a=rtpmap:${payloadType} ${name}/${clockRate}${channels > 1 ? `/${channels}` : ''}`,
    ...feedback.map(({ type, parameter }) => `a=rtcp-fb:${payloadType} ${type}${parameter === '' ? '' : ` ${parameter}`}`),
    ...(parameters.length === 0 ? [] : [`a=fmtp:${payloadType} ${parameters.join(';')}`]),
    ...(rtx === undefined ? [] : [`a=rtpmap:${rtx} rtx/${clockRate}`, `a=fmtp:${rtx} apt=${payloadType}`]),
  ];
}

/** Joins lines as SDP wants them (RFC 8866 §5). */
export function sdpText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}
