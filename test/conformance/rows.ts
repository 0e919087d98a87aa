/**
 * What a WHIP/WHEP server must do, one row for each rule: level, side, where it is written, and what it says in our words.
 *
 * `P-` levels are this project's own rules, made for deployed clients. Side S is the server, B both, C the client alone: no test here.
 * RFC is RFC 9725 (WHIP), WHEP is draft-ietf-wish-whep-04, WHEP core extensions its companion without a number.
 */
const table = {
  // Resources and methods
  A01: 'MUST | S | RFC §4.1, WHEP §4.1 | GET on an endpoint and on a session is 2xx without content',
  A02: 'SHOULD | S | WHEP §4.2 | HEAD on a WHEP endpoint is 200 with Content-Type application/sdp',
  A03: 'MUST | S | WHEP §4.2, RFC 9110 §9.3.2 | HEAD has the headers of GET and no body',
  A04: 'MUST | S | RFC 9110 §15.5.6 | a method that a resource does not have is 405 with Allow',
  A05: 'P-MUST | S | RFC 9110 §15.5.5 | a session that never was and one that has ended are the same 404',
  A06: 'MAY | S | RFC §4.1, RFC 9457 | an error is application/problem+json with its own status, and holds no SDP',
  A07: 'MUST NOT | C | RFC §4.1 | a client does not read a cause out of a code',
  // Session creation
  B01: 'MUST | C | RFC §4.2, WHEP §4.3 | a client POSTs its offer as application/sdp',
  B02: 'MUST | S | RFC §4.2, WHEP §4.3.1 | an accepted offer is 201 with an SDP answer and the Location of the session',
  B03: 'MUST | S | RFC §4.2, WHEP §4.3.5 | a POST of another Content-Type, or none, is 415 with Accept-Post',
  B04: 'MUST | S | RFC §4.2, WHEP §4.3.5 | what is not SDP is 400, what is SDP but cannot be served is 422',
  B05: 'MUST | S | RFC 9110 §8.3.1 | the media type is compared without case and parameters, and sent without any',
  B06: 'P-MUST | S | WHEP §4.3 | an empty body is refused with 400',
  B07: 'SHALL | S | RFC §4.3.2, WHEP §4.5.2 | the answer holds every candidate there will be, and says that they end',
  B08: 'MUST | S | RFC §4.3.1, WHEP §4.5.1 | the 201 has a strong ETag, because ICE can be restarted',
  B09: 'P-MUST | S | RFC 9110 §10.2.2 | Location is absolute, has no query and never redirects',
  B10: 'P-MUST | S | project | the answer has CRLF line ends, at most 8192 bytes, its length in the header, and is not encoded',
  B11: 'P-MUST | S | project | fifty POSTs at once are all answered within two seconds',
  B12: 'MUST NOT | B | RFC §3, WHEP §3 | media is not renegotiated: an offer in a PATCH is refused and the session goes on',
  B13: 'P-SHOULD | S | project | a second publisher gets the name, or 409, as the policy says; never are there two',
  B14: 'P-MUST | S | project | STUN works once the 201 is there, and a request that is aborted leaves no transport',
  // SDP content
  C01: 'MUST NOT | B | RFC §4.2 | a WHIP offer may be sendonly or sendrecv; recvonly and inactive are refused with 422',
  C02: 'MUST | S | RFC §4.2 | every accepted section of a WHIP answer is recvonly',
  C03: 'MUST NOT | B | WHEP §4.3.6 | a WHEP offer may be recvonly or sendrecv; sendonly and inactive are refused with 422',
  C04: 'MUST | S | WHEP §4.3.6 | every accepted section of a WHEP answer is sendonly',
  C05: 'SHALL | B | RFC §4.4.1, WHEP §4.6.1 | one BUNDLE group names the accepted mids, and all share one transport',
  C06: 'SHALL | B | RFC §4.4.1, WHEP §4.6.1 | every accepted section has rtcp-mux, and an offer without it is refused with 422',
  C07: 'MUST | B | RFC §4.4.1, RFC 8858 | every accepted section says rtcp-mux-only, which no offer needs to say',
  C08: 'MUST | B | RFC §4.4.2, WHEP §4.6.2 | a WHEP answer has one MediaStream of at most one audio and one video track',
  C09: 'MUST | S | RFC §4.4.2 | two tracks of a kind, or two MediaStreams, are refused with 422; a missing or empty msid is not',
  C10: 'SHOULD NOT | S | RFC §4.4.3 | a WHIP offer is accepted in full or not at all',
  C11: 'MAY | S | WHEP §4.3.4 | a player’s section for which the stream has nothing is rejected alone',
  C12: 'SHOULD | C | RFC §4.4.4 | a client offers setup:actpass',
  C13: 'SHOULD | S | RFC §4.4.4, RFC 8842 | actpass and active are answered passive, passive is answered active, holdconn is refused with 422',
  C14: 'SHOULD | S | RFC §4.4.5, WHEP §4.6.3 | the answer is ICE-lite and names host candidates at the announced address',
  C15: 'P-MUST | S | project | the first candidate is UDP and IPv4',
  C16: 'MUST | S | RFC 3264 §6.1, RFC 8829 §5.3.1 | the answer has the sections, mids and protocols of the offer and only its numbers',
  C17: 'MUST | S | RFC §4.2, RFC 9143 | port 0 with bundle-only is an active section',
  C18: 'MUST | S | RFC 8839, RFC 8122 | ICE and DTLS attributes are read at session and at media level; media level wins',
  C19: 'MUST | S | RFC 8866 | unknown attributes, groups and mids, and any o= and s= text, are ignored',
  C20: 'MUST | S | RFC 8826, RFC 8842 | the peer’s certificate must be the offered one; an offer without fingerprint is refused',
  C21: 'P-MUST | S | RFC 6184 §8.2.2 | every H264 profile-level-id is accepted and its profile is repeated',
  C22: 'P-SHOULD | S | RFC 7587 | a publisher’s stereo reaches players that ask for stereo; audio other than opus is refused with 422',
  C23: 'SHOULD | B | WHEP §4.3.7 | a player without the codec of the stream is refused with 422',
  C24: 'MUST | S | RFC 8829 §5.1.2 | every RTP profile that JSEP lists is accepted and repeated',
  // Counter-offer and streams that are not live
  D01: 'MUST | C | WHEP §4.3.3 | a player handles 201 and 406',
  D02: 'MUST | S | WHEP §4.3.2 | a counter-offer is 406 with an SDP offer and the Location of the session',
  D03: 'MUST | S | WHEP §4.3.3, WHEP §4.3.5 | no error is 406',
  D04: 'MUST | S | WHEP §4.3.2 | a counter-offer says until when it is valid, and its session is gone afterwards',
  D05: 'MUST | S | WHEP §4.3.2 | the answer to a counter-offer is a PATCH that gets 204, without If-Match; a malformed one gets 4xx',
  D06: 'MUST | B | WHEP §4.3.6 | a counter-offer is sendonly, and its answer must be recvonly',
  D07: 'MUST | S | WHEP §4.5.1 | an SDP answer that nobody waits for gets 422 and the session goes on',
  D08: 'SHALL | S | WHEP §4.3.9 | a stream that is not live is 409 with Retry-After in seconds',
  D09: 'MAY | C | WHEP §4.3.9 | a player backs off from Retry-After on',
  D10: 'P-MUST | S | project | a player gets a counter-offer only when it asks for one',
  // PATCH and trickle ICE
  E01: 'RECOMMENDED | B | RFC §4.3, WHEP §4.5 | trickle ICE and ICE restart are supported',
  E02: 'MUST | S | RFC §4.3.1, RFC 5789 §2.2 | a PATCH of another type is 415 with Accept-Patch',
  E03: 'MUST | S | RFC §4.3.1, WHEP §4.5.1 | a fragment with nothing recognisable in it is 400',
  E04: 'MUST | S | RFC §4.3.1, WHEP §4.5.1 | neither trickle nor restart is refused with 422, because both are supported',
  E05: 'P-SHOULD | S | project | a PATCH on a session is never 405 or 501',
  E06: 'MUST | S | RFC §4.3.2, WHEP §4.5.2 | candidates without a restart get 204 without body and ETag',
  E07: 'MUST | S | RFC §4.3.2, WHEP §4.5.2 | candidates that are of no use here are skipped, and no name is looked up',
  E08: 'MUST | S | RFC §4.3.2, RFC 8840 §4.4 | fragments of every shape that clients send are understood',
  E09: 'MUST | S | RFC §4.3.3, WHEP §4.5.3 | the same credentials are trickle, others are a restart',
  E10: 'MUST | C | RFC §4.3.2 | a client buffers candidates until it has the 201',
  E11: 'MAY | S | RFC §4.3.2 | repeated candidates and a bare end-of-candidates are fine',
  E12: 'MUST | S | RFC §4.3.1, WHEP §4.5.1 | overlapping PATCHes are each done in full or refused with 412',
  E13: 'P-SHOULD | S | project | a client that never names a candidate connects',
  // Conditional requests
  F01: 'MUST | S | RFC §4.3.1, WHEP §4.5.1 | every ICE session has an ETag of its own',
  F02: 'MUST | S | RFC 9110 §8.8.3 | every ETag is quoted and strong',
  F03: 'MUST | S | RFC §4.3.1, RFC 6585 §3 | a PATCH without If-Match is 428, one with an old tag is 412',
  F04: 'MUST | S | RFC 9110 §13.1.1 | If-Match may be * or a list, and compares strongly',
  F05: 'P-MUST | S | RFC §4.3.3 | a quoted asterisk in If-Match is the wildcard too',
  F06: 'MUST | S | RFC §4.3.1, WHEP §4.5.1 | DELETE ignores If-Match',
  F07: 'MUST | S | RFC 9110 §13.2.1 | 404, 405, 415, 413 and 400 win over 412 and 428',
  F08: 'MUST | B | RFC §4.3.2, WHEP §4.5.2 | trickle ICE is subject to If-Match',
  F09: 'P-SHOULD | S | project | in lenient mode a PATCH without If-Match is taken',
  F10: 'SHOULD NOT | C | RFC §4.3.1 | a client sends If-Match only where it matters',
  // ICE restart
  G01: 'MUST | C | RFC §4.3.3 | a client restarts ICE with If-Match: *',
  G02: 'MUST | S | RFC §4.3.3, WHEP §4.5.3 | new credentials get 200 with a fragment of new credentials and a new ETag',
  G03: 'MUST | S | RFC §4.3.1 | after a restart the old tag is 412 and the new one is 204',
  G04: 'MUST | B | RFC §4.3.3, WHEP §4.5.3 | the fragment repeats ice-lite and ice-options of the answer',
  G05: 'MUST | B | RFC §4.3.3 | after a restart the gateway is where it was: same address and port, nothing merged',
  G06: 'MUST | S | RFC §4.3.3, WHEP §4.5.3 | a restart that fails leaves the session and its ICE as they were',
  G07: 'MUST | S | RFC §4.3.3, RFC 7675 §5.1 | a session whose peer falls silent after a restart ends',
  G08: 'MUST | B | RFC §4.3.3 | media and DTLS go on through a restart',
  G09: 'MUST | S | RFC §4.3.3 | each restart has a tag and credentials of its own, and the last one counts',
  G10: 'P-SHOULD | S | project | the fragment has CRLF line ends, one m= line with its mid, and one UDP candidate',
  // DELETE and lifetime
  H01: 'MUST | S | RFC §4.2, WHEP §4.4 | DELETE is 200 and frees the session’s transport',
  H02: 'P-MUST | S | project | a second DELETE, and a PATCH after it, are 404',
  H03: 'MUST | S | RFC §4.2, RFC 7675 §5.2 | the peer of a session that ends gets a DTLS alert within a second',
  H04: 'SHALL | B | RFC §4.2, RFC 7675 | a peer that vanishes without a word is noticed',
  H05: 'P-MUST | S | RFC §5 | a session that never connects is ended and leaves nothing behind',
  H06: 'P-SHOULD | S | project | viewers stay when the publisher leaves and get media again when it returns',
  H07: 'P-SHOULD | S | RFC §4.7.1 | DELETE without credentials is 401, unless session URLs are capabilities',
  H08: 'P-SHOULD | S | RFC §4.5 | a gateway that shuts down ends its sessions and answers POST with 503',
  // OPTIONS and CORS
  I01: 'MUST | S | RFC §4.2, WHEP §4.4 | OPTIONS works for CORS on endpoints and sessions',
  I02: 'SHOULD | S | RFC §4.2, WHEP §4.4 | every OPTIONS of an endpoint is 200 with Accept-Post',
  I03: 'MUST | S | RFC §4.7.1, WHEP §4.9.1 | a preflight needs no credentials',
  I04: 'P-MUST | S | Fetch | a preflight is told every method and header by name',
  I05: 'P-MUST | S | Fetch | pages may read Location, ETag, Link, Retry-After and what is accepted',
  I06: 'P-MUST | S | Fetch | every response, errors included, may be read by pages of other origins',
  I07: 'SHOULD | S | RFC §4.6 | a preflight carries no ICE servers',
  // STUN and TURN
  J01: 'MAY | S | RFC §4.6, WHEP §4.8 | the 201 names ICE servers as Link headers',
  J02: 'MAY | S | RFC §4.6 | only TURN servers have credentials, and their type is password',
  J03: 'SHOULD NOT | S | RFC §4.6 | plain OPTIONS may name ICE servers, a preflight does not, and nobody gets credentials before auth',
  J04: 'SHOULD | C | RFC §4.6 | a client prefers the servers of the 201',
  J05: 'P-MUST | S | project | each ICE server has a Link line of its own, its attributes in the order of the RFC',
  // Authentication
  K01: 'MUST | B | RFC §4.7, WHEP §4.9 | Bearer tokens work on endpoint and session',
  K02: 'MUST | S | RFC §4.7.1, RFC 6750 §3 | a missing or bad token is 401 with WWW-Authenticate, a good one for something else is 403',
  K03: 'MUST | C | RFC §4.7.1 | a client sends its token with every request',
  K04: 'MAY | S | RFC §4.7.1 | no stream key is part of Location',
  K05: 'MUST | S | RFC 9110 §11.1 | the scheme’s case and the number of spaces after it do not matter',
  K06: 'P-SHOULD | S | project | an open endpoint ignores what clients send as Authorization',
  K07: 'P-MUST | S | RFC §5 | a session’s requests are authorised for its stream and its role',
  K08: 'P-MUST | S | project | no token is in a log, an error, a Location or a metric',
  // Redirects, load, limits
  L01: 'MUST NOT | S | RFC §4.5, WHEP §4.7 | no POST is answered with 301, 302 or 303',
  L02: 'SHOULD | S | RFC §4.5, WHEP §4.7 | load is balanced with 307 and an absolute Location',
  L03: 'SHALL | C | RFC §4.5 | a client follows redirects of its POST',
  L04: 'P-MUST | S | project | the Location of a 201 after a 307 is absolute, at the node that answered',
  L05: 'P-SHOULD | S | Fetch | a redirect works for browsers, which drop Authorization on their way to another origin',
  L06: 'MAY | S | RFC §4.5, WHEP §4.7 | a gateway that cannot take more is 503 with Retry-After',
  L07: 'SHOULD | S | RFC §5, WHEP §5 | POST, PATCH and DELETE have rate limits: 429 with Retry-After',
  L08: 'P-MUST | S | project | bodies, sections, candidates and sessions are bounded',
  // Simulcast and SVC
  M01: 'MAY | B | RFC §4.8 | simulcast is that of RFC 8853; SSRC groups make no simulcast',
  M02: 'MUST | C | RFC §4.8, RFC 8853 §5.3.1 | a client offers rids, simulcast and the header extensions for them',
  M03: 'MUST | S | RFC §4.8, RFC 8853 §5.3.2 | an accepting answer has the kept rids in the offered order, and their extensions',
  M04: 'MUST | S | RFC 8853 | OBS gets all of its rids, or 422',
  M05: 'P-MUST | S | RFC 8851, RFC 8852, RFC 8853 | rids may have any name, be paused, or be alternatives',
  M06: 'P-MUST | S | project | simulcast needs no a=ssrc: packets are told apart by mid and rid',
  M07: 'SHOULD | B | RFC §4.8 | layers that nobody negotiated do no harm',
  M08: 'P-SHOULD | S | project | a lost layer does not stall viewers',
  // Extensions, server-sent events, layer selection
  N01: 'MUST | S | RFC §4.9, WHEP §4.10 | each extension has a Link in the 201, and in the 406, with its URN and the URL to call',
  N02: 'MUST NOT | S | RFC §4.9, WHEP §4.10 | no extension is needed to watch',
  N03: 'MUST | C | RFC §4.9 | a client ignores relations that it does not know',
  N04: 'MUST | S | RFC §4.9, WHEP §6 | URNs are those of the registry, and none is invented under core',
  N05: 'MUST | S | WHEP core extensions | the link to server-sent events lists their types, on a line of its own',
  N06: 'MAY | B | WHEP core extensions | a POST subscribes to the types in its body, or to all: 201 with Location',
  N07: 'MUST | S | WHEP core extensions | a type that is not offered is 400 and opens nothing',
  N08: 'MUST | S | WHEP core extensions, WHATWG HTML §9.2 | an event is its name and one line of JSON, and nothing between keeps it',
  N09: 'MUST | S | WHEP core extensions | only chosen types come, and those that happen while nobody reads wait, in bounds',
  N10: 'MUST | S | WHEP core extensions | a deleted event stream is 404, and so is every one of a session that ended',
  N11: 'SHALL | S | WHEP core extensions | active comes at the start of a live stream, and each time its publisher returns',
  N12: 'MUST NOT | S | WHEP core extensions | inactive comes when a live stream goes idle, and never first',
  N13: 'MUST | S | WHEP core extensions | layers tells each video section’s layers with their names, sizes and bitrates',
  N14: 'MAY | S | WHEP core extensions | viewercount tells how many watch, reconnect when to POST again',
  N15: 'P-MUST | S | project | an event stream is read without a token, by a URL that cannot be guessed, from any origin',
  N16: 'MUST | S | WHEP core extensions | where layers can be selected there are events, and layers is one of them',
  N17: 'SHALL | S | WHEP core extensions | a layer selection is 200 and takes effect, 400, 404 or 422; mediaId alone undoes it',
  N18: 'P-SHOULD | S | project | DELETE undoes a layer selection',
  N19: 'MUST | C | WHEP core extensions | a client ignores events and members that it does not know',
  // Security
  O01: 'SHALL | B | RFC §5, WHEP §5 | signalling over plain HTTP can be refused',
  O02: 'SHOULD | S | RFC §5, WHEP §5 | a POST with a bad token costs next to nothing and opens nothing',
  O03: 'SHOULD | S | RFC §5, RFC 9562 | session URLs are random, and unlike any id that is shown elsewhere',
  O04: 'SHOULD | S | RFC §5, WHEP §5 | guessing session URLs with DELETE is limited',
  O05: 'SHOULD | S | RFC §5, WHEP §5 | restarts allocate nothing',
  O06: 'P-MUST | S | project | before auth no response tells a live session from a dead one',
} as const satisfies Readonly<Record<string, string>>;

/** The id of a row. */
export type RowId = keyof typeof table;

/** One rule. */
export interface Row {
  readonly id: RowId;
  readonly level: string;
  readonly side: 'S' | 'B' | 'C';
  readonly section: string;
  readonly sentence: string;
}

/** Every row, in order. */
export const rows: readonly Row[] = (Object.keys(table) as RowId[]).map(rowOf);

/** What a test of the row is called. */
export function titleOf(id: RowId): string {
  const { level, section, sentence } = rowOf(id);
  return `${id} ${level} ${section}: ${sentence}`;
}

function rowOf(id: RowId): Row {
  const [level = '', side = '', section = '', sentence = ''] = table[id].split(' | ');
  if (side !== 'S' && side !== 'B' && side !== 'C') throw new TypeError(`row ${id} has no side`);
  return { id, level, side, section: section.replaceAll('RFC §', 'RFC 9725 §'), sentence };
}
