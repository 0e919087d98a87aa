import type { DtlsParameters } from 'mediasoup/types';
import type { AttributeBlock, MediaBlock, SessionBlock } from 'sdp-transform';
import { GatewayError } from '../errors.ts';
import type { Offer, OfferedSection, OfferedSetup } from './model.ts';
import { peerAddresses } from './peer-addresses.ts';
import { parseSection } from './section.ts';
import { readSessionBlock, textOf, unreadValues } from './session-block.ts';

/** How much an offer may hold. */
export interface OfferBounds {
  readonly sections: number;
  readonly candidates: number;
  /** Of one section, RTX included. */
  readonly codecs: number;
}

const widestBounds: OfferBounds = { sections: 16, candidates: 256, codecs: 128 };

type Fingerprint = DtlsParameters['fingerprints'][number];

/** Bytes of each hash that mediasoup can check. */
const hashBytes: Readonly<Record<Fingerprint['algorithm'], number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

/**
 * Reads an SDP offer of a WHIP or WHEP client.
 *
 * Lenient where deployed clients are sloppy (unknown attributes, groups, BUNDLE mids without a section, broken `rtcp-fb` lines),
 * strict where nothing could work: fingerprint, ICE credentials, rtcp-mux, one BUNDLE group. What a section must offer is not
 * decided here but by `planPublish` and `planSubscribe`.
 *
 * Throws `ERR_OFFER_MALFORMED` for text that is not SDP, another `ERR_OFFER_…` for an offer that no answer can serve.
 */
export function parseOffer(offerText: string, bounds: OfferBounds = widestBounds): Offer {
  if (!/^v=0\s*$/m.test(offerText.slice(0, 16).split(/[\r\n]/)[0] ?? '')) {
    throw new GatewayError('ERR_OFFER_MALFORMED', 'The body is not SDP: it does not begin with v=0.');
  }
  const session = readSessionBlock(offerText, { malformed: 'ERR_OFFER_MALFORMED', tooLarge: 'ERR_OFFER_TOO_LARGE' });
  checkSize(session, bounds);
  checkTruncation(offerText, session);
  const sections = session.media.map((media, index) => parseSection(media, index, session));
  checkMids(sections);
  const bundleMids = parseBundle(session, sections);
  const blocks = transportBlocks(session, sections, bundleMids);
  return {
    originUser: textOf(session.origin?.username) ?? '-',
    libwebrtc: isLibwebrtc(session),
    sections,
    bundleMids,
    ice: parseIce(blocks),
    addresses: peerAddresses(session.media),
    fingerprints: parseFingerprints(blocks),
    setup: parseSetup(blocks),
    extmapAllowMixed: session.extmapAllowMixed !== undefined,
  };
}

function checkSize({ media }: SessionBlock, bounds: OfferBounds): void {
  const sizes = [
    ['m= sections', media.length, bounds.sections],
    ['candidates', media.reduce((sum, { candidates }) => sum + (candidates?.length ?? 0), 0), bounds.candidates],
    ['codecs in one section', Math.max(0, ...media.map(({ rtp }) => rtp.length)), bounds.codecs],
  ] as const;
  for (const [what, size, bound] of sizes) {
    if (size > bound) throw new GatewayError('ERR_OFFER_TOO_LARGE', `The offer has ${size} ${what}; at most ${bound} are taken.`);
  }
}

/** A text that stops in mid-line, before the rtpmap of a number that needs one (RFC 8866 §6.6), was cut off on its way. */
function checkTruncation(offerText: string, { media }: SessionBlock): void {
  const last = media.at(-1);
  if (last === undefined || /[\r\n]$/.test(offerText)) return;
  const mapped = last.rtp.map(({ payload }) => String(payload));
  const numbers = (textOf(last.payloads) ?? '').match(/\b\d+\b/g) ?? [];
  if (numbers.some((number) => Number(number) >= 96 && !mapped.includes(number))) {
    throw new GatewayError('ERR_OFFER_MALFORMED', 'The SDP ends before its last section is complete.');
  }
}

function checkMids(sections: readonly OfferedSection[]): void {
  if (sections.every(({ rejected }) => rejected)) {
    throw new GatewayError('ERR_OFFER_TRACKS', 'The offer has no m= section that is switched on.');
  }
  const mids = sections.map(({ mid }) => mid).filter((mid) => mid !== '');
  if (new Set(mids).size !== mids.length) throw new GatewayError('ERR_OFFER_MALFORMED', 'Two sections have the same mid.');
}

/** The BUNDLE group, which must hold every active section unless there is only one (RFC 9143, RFC 9725 §4.4.1). */
function parseBundle({ groups }: SessionBlock, sections: readonly OfferedSection[]): string[] {
  const group = groups?.find(({ type }) => type === 'BUNDLE');
  const listed = (textOf(group?.mids) ?? '').split(' ');
  const bundleMids = [...new Set(listed)].filter((mid) => sections.some((section) => section.mid === mid && mid !== ''));
  const active = sections.filter(({ rejected, type }) => !rejected && (type === 'audio' || type === 'video'));
  if (active.length > 1 && active.some(({ mid }) => !bundleMids.includes(mid))) {
    throw new GatewayError('ERR_OFFER_BUNDLE', 'All sections must be in one BUNDLE group; set bundlePolicy to max-bundle.');
  }
  return bundleMids;
}

/**
 * Where to look for ICE and DTLS attributes, first match wins: the offerer-tagged section, then the session, then other sections.
 *
 * The tagged section is the first of the BUNDLE group; the others may leave transport attributes out (RFC 9143 §7.1.3).
 */
function transportBlocks(session: SessionBlock, sections: readonly OfferedSection[], bundleMids: readonly string[]): AttributeBlock[] {
  const active = sections.filter(({ rejected }) => !rejected);
  const tagged = active.find(({ mid }) => mid === bundleMids[0]) ?? active[0];
  const others = active.filter((section) => section !== tagged);
  const block = ({ index }: OfferedSection): MediaBlock[] => session.media.slice(index, index + 1);
  return [...(tagged === undefined ? [] : block(tagged)), session, ...others.flatMap(block)];
}

function parseIce(blocks: readonly AttributeBlock[]): Offer['ice'] {
  const usernameFragment = textOf(blocks.find(({ iceUfrag }) => iceUfrag !== undefined)?.iceUfrag);
  const password = textOf(blocks.find(({ icePwd }) => icePwd !== undefined)?.icePwd);
  if (!isCredential(usernameFragment) || !isCredential(password)) {
    throw new GatewayError('ERR_OFFER_ICE', 'The offer has no usable a=ice-ufrag and a=ice-pwd lines.');
  }
  return { usernameFragment, password };
}

/** Longest as in RFC 8839 §5.4. Short ones and other characters do no harm: an ICE-lite side never uses them. */
function isCredential(text: string | undefined): text is string {
  return text !== undefined && text.length >= 1 && text.length <= 256;
}

function parseFingerprints(blocks: readonly AttributeBlock[]): Fingerprint[] {
  const fingerprint = blocks.find((block) => block.fingerprint !== undefined)?.fingerprint;
  const algorithm = textOf(fingerprint?.type)?.toLowerCase();
  const value = textOf(fingerprint?.hash)?.toUpperCase() ?? '';
  if (!isHash(algorithm) || !/^[0-9A-F]{2}(?::[0-9A-F]{2})*$/.test(value) || value.length !== hashBytes[algorithm] * 3 - 1) {
    throw new GatewayError('ERR_OFFER_FINGERPRINT', 'The offer has no usable a=fingerprint line; offer sha-256.');
  }
  return [{ algorithm, value }];
}

function isHash(algorithm: string | undefined): algorithm is Fingerprint['algorithm'] {
  return algorithm !== undefined && Object.hasOwn(hashBytes, algorithm);
}

function parseSetup(blocks: readonly AttributeBlock[]): OfferedSetup {
  const block = blocks.find(({ setup }) => setup !== undefined);
  const setup = textOf(block?.setup)?.toLowerCase() ?? 'actpass';
  if (setup === 'actpass' || setup === 'active' || setup === 'passive') return setup;
  throw new GatewayError('ERR_OFFER_SETUP', `a=setup:${setup} cannot be answered; offer actpass.`);
}

/** The marks that only libwebrtc leaves together, whatever its codecs and extensions are. */
function isLibwebrtc(session: SessionBlock): boolean {
  const { origin, extmapAllowMixed, msidSemantic, media } = session;
  const hasSemantic = msidSemantic !== undefined || unreadValues(session, 'msid-semantic').length > 0;
  const hasOrigin = origin?.username === '-' && origin.sessionVersion === 2 && origin.address === '127.0.0.1';
  return hasOrigin && extmapAllowMixed !== undefined && hasSemantic && media.some(({ rtcp }) => rtcp !== undefined);
}
