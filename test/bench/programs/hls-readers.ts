/**
 * `hls-readers.ts URL COUNT [parts]`: so many HLS players without a decoder, in a process that yields to all others; with `parts` they read
 * as hls.js reads low-latency playlists. Writes one line of JSON a second.
 */
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpLine } from '../http-line.ts';
import { piecesOf, type Piece } from '../playlist-pieces.ts';
import { percentile } from '../report.ts';

/** One line; counts are since the beginning, times of the last second. */
export interface ReadersLine {
  readonly atMs: number;
  /** Who has got a playlist. */
  readonly reading: number;
  readonly requests: number;
  /** Answers that were not 200, by their status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Media that was read, over all playlists: those who keep up read a second of each in a second. */
  readonly mediaMs: number;
  readonly playlists: number;
  /** From asking for a segment or a part that is there to its last byte. */
  readonly fileMs: { readonly p50: number; readonly p95: number };
  /** CPU time of this process so far. */
  readonly cpuMs: number;
}

process.once('disconnect', () => process.exit()); // whoever started it is gone
setPriority(10); // in reality they have machines of their own

const [url = '', count = '1', reading = ''] = process.argv.slice(2);
const readsParts = reading === 'parts';
const origin = new URL(url);
const totals = { reading: 0, requests: 0, bytes: 0, mediaMs: 0, playlists: 0 };
const refused: Record<string, number> = {};
let fileMs: number[] = [];

/** The text of an answer; undefined: it was refused. */
async function get(line: HttpLine, path: string): Promise<string | undefined> {
  totals.requests += 1;
  const { status, bytes, text } = await line.get(path, path.includes('.m3u8'));
  totals.bytes += bytes;
  if (status === 200) return text;
  refused[status] = (refused[status] ?? 0) + 1;
  return undefined;
}

/** Follows one media playlist for ever: each piece once, the playlist when it has news. */
async function follow(playlist: URL): Promise<void> {
  using line = new HttpLine(origin);
  totals.playlists += 1;
  let next: { readonly number: number; readonly part: number } | undefined;
  for (;;) {
    const text = await get(line, `${playlist.pathname}${next === undefined ? '' : query(next)}`);
    if (text === undefined) {
      await delay(1_000);
      continue;
    }
    const pieces = piecesOf(text, readsParts);
    for (const piece of next === undefined ? pieces.slice(-1) : pieces.filter((each) => isFrom(each, next))) {
      const from = performance.now();
      await get(line, new URL(piece.uri, playlist).pathname);
      fileMs.push(performance.now() - from);
      totals.mediaMs += piece.durationMs;
    }
    const last = pieces.at(-1);
    if (last !== undefined)
      next = last.part === undefined ? { number: last.number + 1, part: 0 } : { number: last.number, part: last.part + 1 };
  }
}

function query({ number, part }: { readonly number: number; readonly part: number }): string {
  return readsParts ? `?_HLS_msn=${number}&_HLS_part=${part}` : `?_HLS_msn=${number}`;
}

function isFrom({ number, part = 0 }: Piece, next: { readonly number: number; readonly part: number } | undefined): boolean {
  return next === undefined || number > next.number || (number === next.number && part >= next.part);
}

async function watch(): Promise<void> {
  using line = new HttpLine(origin);
  const text = (await get(line, origin.pathname)) ?? '';
  const audio = /URI="([^"]+)"/.exec(text)?.[1];
  const videos = text.split('\n').filter((each) => each.endsWith('.m3u8'));
  const chosen = [audio, videos[Math.floor(videos.length / 2)]].filter((uri) => uri !== undefined);
  if (chosen.length > 0) totals.reading += 1;
  await Promise.all(chosen.map(async (uri) => follow(new URL(uri, url))));
}

setInterval(() => {
  const { user, system } = process.cpuUsage();
  const line: ReadersLine = {
    ...totals,
    atMs: Math.round(performance.now()),
    refused,
    fileMs: { p50: percentile(fileMs, 0.5), p95: percentile(fileMs, 0.95) },
    cpuMs: Math.round((user + system) / 1000),
  };
  fileMs = [];
  console.log(JSON.stringify(line));
}, 1_000);

for (let index = 0; index < Number(count); index += 1) {
  void watch();
  await delay(4); // they do not come all at once
}
