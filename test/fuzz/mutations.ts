/** Gives whole numbers from 0 up to, not including, `limit`. */
export type Next = (limit: number) => number;

/** A small generator of numbers (mulberry32), so that a seed and an index name one mutation for ever. */
export function numbers(seed: number, index: number): Next {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Changes a text; `other` is another valid one. */
type Mutation = (text: string, next: Next, other: string) => string;

/** As much as the HTTP edge lets through. */
const longest = 64 * 1024;

const strange = [
  '\u0000', '\u0000\u0000\u0000', '\uFFFD', '\u2028', '\u200B', '\u{1F4A5}', 'é'.repeat(40), '\uD800', '\t', ' ', '  ', '\r', '\n', '\r\n\r\n',
  '__proto__', 'constructor', 'toString', '=', ';', ',', ':', '/', '*', '~', '%', '"', '\\', '../', '${x}', '%s%n', '<!--', '[object Object]',
]; // prettier-ignore

const oddNumbers = [
  '-1', '0', '00', '1', '127', '128', '255', '256', '65535', '65536', '2147483648', '4294967295', '4294967296', '9007199254740993',
  '99999999999999999999999', '1e9', '1e309', 'NaN', 'Infinity', '0x10', '1.5', '-0', '٣', '١٢٧',
]; // prettier-ignore

const oddLines = [
  'm=', 'm=video', 'm=video 9', 'm=video 9 UDP/TLS/RTP/SAVPF', 'm=audio 0 UDP/TLS/RTP/SAVPF 0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=', 'a', '=', 'a=mid:', 'a=mid:__proto__', 'a=group:BUNDLE', 'a=group:BUNDLE 0 0 0', 'a=rid: send', 'a=simulcast:', 'a=simulcast:send ;;;,,,~',
  'a=simulcast:send a;b;c;d;e;f;g;h;i;j', 'a=fmtp:96', 'a=fmtp:96 __proto__=1;constructor=2', 'a=rtpmap:96', 'a=rtpmap:96 VP8', 'a=rtpmap:96 VP8/0',
  'a=rtpmap:111 opus/48000/99', 'a=rtcp-fb:* nack pli', 'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid', 'a=extmap:999999 x', 'a=ssrc:1 cname:',
  'a=ssrc:0 cname:x', 'a=ssrc-group:FID 1', 'a=ssrc-group:FID 1 1', 'a=fingerprint:sha-256', 'a=fingerprint:__proto__ AA', 'a=setup:', 'a=bundle-only',
  'a=candidate:', 'a=ice-ufrag:', 'a=ice-pwd:', 'a=rtcp-mux', 'a=sendrecv', 'a=inactive', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
  'o=', 'o=- 2 2 IN IP4 127.0.0.1', 'v=0', 'v=1', 's=', 't=0 0', 'z=', 'c=IN IP6 ::', 'b=AS:0', 'a=imageattr:* send * recv *', 'a=ptime:0.0.0.0',
]; // prettier-ignore

function pick<T>(items: readonly T[], next: Next, fallback: T): T {
  return items[next(items.length)] ?? fallback;
}

/** Does something to the list of lines. */
function onLines(change: (lines: string[], next: Next, other: string) => string[]): Mutation {
  return (text, next, other) => change(text.split('\r\n'), next, other).join('\r\n');
}

function insert(text: string, at: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at);
}

function shuffle(items: readonly string[], next: Next): string[] {
  return items
    .map((item) => ({ item, key: next(1e9) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Every way to spoil an offer, by its name. */
const mutations: Readonly<Record<string, Mutation>> = {
  'drop lines': onLines((lines, next) => {
    const odds = 2 + next(20);
    return lines.filter(() => next(odds) > 0);
  }),
  'repeat lines': onLines((lines, next) => lines.flatMap((line) => (next(10) === 0 ? [line, line] : [line]))),
  'repeat one line often': onLines((lines, next) => {
    const at = next(lines.length);
    const line = lines[at] ?? '';
    const times = Math.min(1 + next(1100), Math.floor(longest / (line.length + 2)));
    return [...lines.slice(0, at), ...Array<string>(times).fill(line), ...lines.slice(at)];
  }),
  'shuffle lines': onLines((lines, next) => shuffle(lines, next)),
  'shuffle a stretch': onLines((lines, next) => {
    const from = next(lines.length);
    const to = from + 2 + next(12);
    return [...lines.slice(0, from), ...shuffle(lines.slice(from, to), next), ...lines.slice(to)];
  }),
  'odd line': onLines((lines, next) => lines.toSpliced(next(lines.length + 1), next(2), pick(oddLines, next, 'a='))),
  'line of another offer': onLines((lines, next, other) =>
    lines.toSpliced(
      next(lines.length),
      next(3),
      ...other
        .split('\r\n')
        .slice(next(60))
        .slice(0, 1 + next(5)),
    ),
  ),
  'flip bits': (text, next) => {
    const bytes = Buffer.from(text);
    for (let flips = 1 + next(8); flips > 0; flips -= 1) {
      const at = next(bytes.length);
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << next(8)), at);
    }
    return bytes.toString('utf8');
  },
  'change a number': (text, next) => {
    const found = [...text.matchAll(/\d+/g)];
    const match = found[next(found.length)];
    if (match === undefined) return text;
    const number = next(3) === 0 ? String(next(2 ** next(33))) : pick(oddNumbers, next, '0');
    return text.slice(0, match.index) + number + text.slice(match.index + match[0].length);
  },
  'huge number': (text, next) => text.replace(/\d+/g, (digits) => (next(40) === 0 ? '9'.repeat(1 + next(400)) : digits)),
  'cut off': (text, next) => text.slice(0, next(text.length)),
  'cut out': (text, next) => {
    const at = next(text.length);
    return text.slice(0, at) + text.slice(at + 1 + next(200));
  },
  'splice two offers': (text, next, other) => text.slice(0, next(text.length)) + other.slice(next(other.length)),
  'something strange': (text, next) => insert(text, next(text.length), pick(strange, next, '\0')),
  'very long line': (text, next) => {
    const length = 1 + next(2) * next(longest - text.length) + next(4000);
    return insert(
      text,
      next(text.length),
      pick(['a', ' ', '1', ';', 'a=', 'x;', '1 ', '~,', ':', '\t'], next, 'a').repeat(length).slice(0, length),
    );
  },
  'repeat a section': (text, next) => {
    const sections = text.split(/(?=^m=)/m);
    const section = sections[1 + next(Math.max(1, sections.length - 1))] ?? '';
    return text + section.repeat(1 + next(Math.max(1, Math.floor((longest - text.length) / (section.length + 1)))));
  },
  'shuffle sections': (text, next) => {
    const [session = '', ...sections] = text.split(/(?=^m=)/m);
    return session + shuffle(sections, next).join('');
  },
  'other line ends': (text, next) => text.replaceAll('\r\n', () => pick(['\r\n', '\n', '\r', '\n\r', '\r\n\r\n', ' \r\n'], next, '\n')),
  'other case': (text, next) =>
    text.replaceAll(/[a-zA-Z]+/g, (word) =>
      next(30) === 0 ? (word === word.toUpperCase() ? word.toLowerCase() : word.toUpperCase()) : word,
    ),
  'no value': (text, next) => text.replaceAll(/[:=][^\r\n]*/g, (value) => (next(30) === 0 ? (value[0] ?? '') : value)),
  'switch words': (text, next) => {
    const words = text.split(' ');
    const [a, b] = [next(words.length), next(words.length)];
    return words
      .with(a, words[b] ?? '')
      .with(b, words[a] ?? '')
      .join(' ');
  },
};

const all = Object.values(mutations);

/** One to four mutations of one text of the corpus, never longer than what the HTTP edge lets through. */
export function mutant(corpus: readonly string[], next: Next): string {
  let text = pick(corpus, next, '');
  for (let steps = 1 + next(4); steps > 0; steps -= 1) {
    text = pick(all, next, (same) => same)(text, next, pick(corpus, next, '')).slice(0, longest);
    if (text === '') return text;
  }
  return text;
}
