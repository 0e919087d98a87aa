import type { MediaBlock, SessionBlock } from 'sdp-transform';
import { GatewayError } from '../errors.ts';
import type { Direction, Fmtp, OfferedCodec, OfferedExtension, OfferedSection } from './model.ts';
import { integerOf, textOf, unreadValues } from './session-block.ts';

/** RFC 8829 §5.1.2 lists them; whichever was offered is answered. */
const protocols = /^(?:RTP\/S?AVPF?|(?:UDP\/TLS|TCP\/DTLS|TCP\/TLS)\/RTP\/SAVPF?)$/;
/** `token` of RFC 8866 §9: what mids and rids are made of. */
const token = /^[\w!#$%&'*+.^`{|}~-]{1,64}$/;
const maxRids = 8;
const maxExtensions = 64;
const maxSsrcs = 32;
/** Chromium writes 100 for its video codecs. Each line with `*` counts for every codec, so many of them would be a lot of work. */
const maxFeedback = 256;

/** Reads one m= section; session-level attributes apply where the section has none of its own (RFC 8866 §6.7). */
export function parseSection(media: MediaBlock, index: number, session: SessionBlock): OfferedSection {
  const { type, port, protocol } = media;
  if (type === undefined || protocol === undefined || integerOf(port) === undefined) {
    throw new GatewayError('ERR_OFFER_MALFORMED', `The m= line of section ${index} cannot be read.`);
  }
  const formats = (textOf(media.payloads) ?? '').split(' ').filter((format) => format !== '');
  const payloadTypes = formats.flatMap((format) => integerOf(format) ?? []).filter((payloadType) => payloadType <= 127);
  const section: OfferedSection = {
    index,
    type: String(type),
    mid: textOf(media.mid) ?? '',
    rejected: integerOf(port) === 0 && media.bundleOnly === undefined,
    protocol: String(protocol),
    direction: directionOf(media.direction ?? session.direction),
    rtcpMux: media.rtcpMux !== undefined,
    rtcpReducedSize: media.rtcpRsize !== undefined,
    extmapAllowMixed: media.extmapAllowMixed !== undefined,
    codecs: parseCodecs(media, payloadTypes),
    formats,
    payloadTypes,
    extensions: parseExtensions(media, session),
    simulcastRids: parseSimulcast(media),
    msidStreams: parseMsidStreams(media),
    ssrcs: parseSsrcs(media),
    cname: media.ssrcs
      ?.map(({ attribute, value }) => (attribute === 'cname' ? textOf(value) : undefined))
      .find((name) => name !== undefined),
  };
  checkSection(section);
  return section;
}

function checkSection(section: OfferedSection): void {
  const name = `Section ${section.index} (${section.type})`;
  if (section.mid !== '' && !token.test(section.mid)) throw new GatewayError('ERR_OFFER_MALFORMED', `${name} has a mid that is no token.`);
  if (section.rejected) return;
  if (section.mid === '') throw new GatewayError('ERR_OFFER_BUNDLE', `${name} has no a=mid line.`);
  if (section.type !== 'audio' && section.type !== 'video') return;
  if (!protocols.test(section.protocol)) {
    throw new GatewayError('ERR_OFFER_PROTOCOL', `${name} uses ${section.protocol}; offer UDP/TLS/RTP/SAVPF.`);
  }
  if (!section.rtcpMux) throw new GatewayError('ERR_OFFER_RTCP_MUX', `${name} has no a=rtcp-mux line; RTP and RTCP share one port here.`);
}

function directionOf(value: string | number | undefined): Direction {
  switch (value) {
    case 'sendonly':
    case 'recvonly':
    case 'inactive':
      return value;
    default:
      return 'sendrecv';
  }
}

function parseCodecs(media: MediaBlock, payloadTypes: readonly number[]): OfferedCodec[] {
  if ((media.rtcpFb ?? []).length > maxFeedback) {
    throw new GatewayError('ERR_OFFER_TOO_LARGE', `A section has more than ${maxFeedback} rtcp-fb lines.`);
  }
  const fmtps = new Map<number, Fmtp>();
  for (const { payload, config } of media.fmtp) {
    const payloadType = integerOf(payload);
    if (payloadType !== undefined && !fmtps.has(payloadType)) fmtps.set(payloadType, parseFmtp(String(config)));
  }
  const rtxByApt = new Map<string, number>();
  const codecs = new Map<number, OfferedCodec>();
  for (const { payload, codec, rate, encoding } of media.rtp) {
    const payloadType = integerOf(payload);
    const clockRate = integerOf(rate);
    if (payloadType === undefined || clockRate === undefined || !payloadTypes.includes(payloadType) || codecs.has(payloadType)) continue;
    const fmtp = fmtps.get(payloadType) ?? {};
    const name = String(codec);
    const apt = integerOf(fmtp['apt']);
    const target = `${apt}/${clockRate}`;
    if (name.toLowerCase() === 'rtx' && apt !== undefined && !rtxByApt.has(target)) rtxByApt.set(target, payloadType);
    const channels = integerOf(encoding) ?? 1;
    codecs.set(payloadType, { payloadType, name, clockRate, channels, fmtp, feedback: feedbackOf(media, payloadType), rtx: undefined });
  }
  // The order of preference is the m= line's, not that of the rtpmap lines (RFC 3264 §5.1).
  return payloadTypes.flatMap((payloadType) => {
    const codec = codecs.get(payloadType);
    return codec === undefined ? [] : [{ ...codec, rtx: rtxByApt.get(`${payloadType}/${codec.clockRate}`) }];
  });
}

function parseFmtp(config: string): Fmtp {
  const entries = config.split(';').flatMap((item): [string, string | number][] => {
    const [, name, value] = /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(item) ?? [];
    if (name === undefined || value === undefined) return [];
    const key = name.toLowerCase();
    return [[key, key === 'profile-level-id' ? value : (integerOf(value) ?? value)]];
  });
  return Object.fromEntries(entries);
}

function feedbackOf(media: MediaBlock, payloadType: number): { type: string; parameter: string }[] {
  return (media.rtcpFb ?? [])
    .filter(({ payload }) => payload === '*' || payload === payloadType)
    .map(({ type, subtype }) => ({ type: String(type), parameter: (textOf(subtype) ?? '').toLowerCase() }));
}

function parseExtensions(media: MediaBlock, session: SessionBlock): OfferedExtension[] {
  const lines = [...(media.ext ?? []), ...(session.ext ?? [])];
  if (lines.length > maxExtensions) throw new GatewayError('ERR_OFFER_TOO_LARGE', `A section has more than ${maxExtensions} extmap lines.`);
  const extensions = new Map<number, OfferedExtension>();
  for (const { value, direction, uri } of lines) {
    const id = integerOf(value);
    if (id === undefined || id < 1 || id > 255 || uri === '' || extensions.has(id)) continue;
    extensions.set(id, { id, uri: String(uri), direction: directionOf(direction) });
  }
  return [...extensions.values()];
}

/** Reads `a=simulcast:send a,b;~c` as `a`, `c`: first alternatives, paused or not (RFC 8853 §5.1). */
function parseSimulcast(media: MediaBlock): string[] {
  const { simulcast } = media;
  const list = simulcast?.dir1 === 'send' ? simulcast.list1 : simulcast?.dir2 === 'send' ? simulcast.list2 : undefined;
  const rids = (textOf(list) ?? '').split(';').map((alternatives) => (alternatives.split(',')[0] ?? '').replace(/^~/, ''));
  const known = [...new Set(rids)].filter((rid) => token.test(rid));
  if (known.length > maxRids) throw new GatewayError('ERR_OFFER_TOO_LARGE', `A section offers more than ${maxRids} simulcast encodings.`);
  return known;
}

function parseMsidStreams(media: MediaBlock): string[] {
  const read = (media.msid ?? []).map(({ id }) => String(id));
  const unread = unreadValues(media, 'msid').map((value) => value.trim().split(' ')[0] ?? '');
  return [...new Set([...read, ...unread])].filter((stream) => stream !== '' && stream !== '-');
}

function parseSsrcs(media: MediaBlock): OfferedSection['ssrcs'] {
  const pairs = (media.ssrcGroups ?? []).flatMap(({ semantics, ssrcs }) => {
    const [ssrc, rtxSsrc] = String(ssrcs).trim().split(/ +/).map(parseSsrc);
    return String(semantics).toUpperCase() === 'FID' && ssrc !== undefined && rtxSsrc !== undefined ? [{ ssrc, rtxSsrc }] : [];
  });
  const rtxOf = new Map(pairs.map(({ ssrc, rtxSsrc }) => [ssrc, rtxSsrc]));
  const named = (media.ssrcs ?? []).flatMap(({ id }) => parseSsrc(String(id)) ?? []);
  const unique = [...new Set(named)];
  if (unique.length > maxSsrcs) throw new GatewayError('ERR_OFFER_TOO_LARGE', `A section names more than ${maxSsrcs} SSRCs.`);
  const repair = new Set(rtxOf.values());
  return unique.filter((ssrc) => !repair.has(ssrc)).map((ssrc) => ({ ssrc, rtxSsrc: rtxOf.get(ssrc) }));
}

function parseSsrc(text: string): number | undefined {
  const ssrc = integerOf(text);
  return ssrc !== undefined && ssrc > 0 && ssrc < 2 ** 32 ? ssrc : undefined;
}
