/** What is known of a publisher that may tell how it numbers its simulcast encodings. */
export interface SimulcastOrigin {
  readonly userAgent: string;
  readonly originUser: string;
}

/** Label sets whose order everybody agrees on, lowest first. A set only counts if all offered rids are in it. */
const labelSets: readonly (readonly string[])[] = [
  ['q', 'h', 'f'],
  ['l', 'm', 'h'],
  ['lo', 'mid', 'hi'],
  ['low', 'mid', 'high'],
  ['low', 'medium', 'high'],
];

/**
 * Puts simulcast rids into mediasoup's order, lowest encoding first.
 *
 * Nothing in SDP tells the order (RFC 8853 §5.2 calls it preference), and mediasoup wants it before the first packet. So this is a
 * best guess, which measured resolutions may correct later: OBS lists the largest first; label sets that say what they mean are
 * believed; all else is taken as listed, because without `scaleResolutionDownBy` the WebRTC specification makes the last encoding
 * the largest.
 */
export function lowestFirst(rids: readonly string[], origin: SimulcastOrigin): string[] {
  if (isObs(rids, origin)) return rids.toReversed();
  const labels = labelSets.find((set) => rids.every((rid) => set.includes(rid.toLowerCase())));
  if (labels === undefined) return [...rids];
  return rids.toSorted((a, b) => labels.indexOf(a.toLowerCase()) - labels.indexOf(b.toLowerCase()));
}

/** OBS by its User-Agent, or, behind a proxy that changes it, by libdatachannel's o= line and the rids 0;1;2. */
function isObs(rids: readonly string[], { userAgent, originUser }: SimulcastOrigin): boolean {
  return /^OBS/i.test(userAgent) || (originUser === 'rtc' && rids.every((rid, index) => rid === String(index)));
}
