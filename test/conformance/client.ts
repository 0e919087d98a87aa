import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { type NativeCodec, NativePublisher } from '../fixtures/native-peer.ts';
import { type ConfiguredGateway, readOffer } from '../http/configured-gateway.ts';

export const sdp = 'application/sdp';
export const fragmentType = 'application/trickle-ice-sdpfrag';

/** For `expect.poll`: what must happen soon. */
export const soon = { timeout: 5000, interval: 20 };

/** A response, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type HeaderFields = Readonly<Record<string, string>>;

/** One request; redirects are not followed. */
export async function send(
  method: string,
  url: string,
  { headers = {}, body }: { headers?: HeaderFields; body?: BodyInit } = {},
): Promise<Reply> {
  const response = await fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** POSTs an offer. */
export async function post(url: string, offerText: string, headers: HeaderFields = {}): Promise<Reply> {
  return send('POST', url, { headers: { 'Content-Type': sdp, ...headers }, body: offerText });
}

/** PATCHes a fragment, with If-Match: * unless told otherwise. */
export async function patch(url: string, fragmentText: string, headers: HeaderFields = {}): Promise<Reply> {
  return send('PATCH', url, { headers: { 'Content-Type': fragmentType, 'If-Match': '*', ...headers }, body: fragmentText });
}

/** A session as its 201 describes it. */
export interface Created {
  readonly location: string;
  readonly etag: string;
  readonly answer: string;
  readonly offer: string;
}

let streams = 0;

/** A WHIP session without a peer behind it, on a stream of its own: one that is taken too often is contested. */
export async function publish(
  { url }: Pick<ConfiguredGateway, 'url'>,
  offer = readOffer('chromium-plain'),
  stream = `show-${(streams += 1)}`,
): Promise<Created> {
  const reply = await post(`${url}/whip/${stream}`, offer);
  expect([reply.status, reply.status === 201 ? '' : reply.text]).toEqual([201, '']);
  return { location: reply.headers.get('Location') ?? '', etag: reply.headers.get('ETag') ?? '', answer: reply.text, offer };
}

/** A stream with media in it. */
export async function openLive(
  { url, registry }: Pick<ConfiguredGateway, 'url' | 'registry'>,
  options: { codec?: NativeCodec; audio?: boolean; video?: boolean; token?: string } = {},
): Promise<NativePublisher> {
  const publisher = await NativePublisher.open(`${url}/whip/show`, options);
  await expect.poll(() => registry.counts().live, soon).toBe(1);
  return publisher;
}

/** How many transports the workers hold. */
export async function transportCount({ engine }: Pick<ConfiguredGateway, 'engine'>): Promise<number> {
  const reports = await engine.workers();
  return reports.reduce((sum, { transports }) => sum + transports, 0);
}

/** Credentials that are no client's, so a restart. */
export const restart = [
  'a=ice-options:trickle',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'm=audio 9 RTP/AVP 0',
  'a=mid:0',
  'a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host',
  'a=end-of-candidates',
  '',
].join('\r\n');

/** A trickle fragment of the client that made the offer. */
export function trickle(offer: string): string {
  const line = (attribute: string) => new RegExp(`^a=${attribute}:.*$`, 'm').exec(offer)?.[0] ?? '';
  return `${line('ice-ufrag')}\r\n${line('ice-pwd')}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 2 192.0.2.1 5000 typ host\r\n`;
}

/** A response as it is on the wire. */
export interface RawReply {
  readonly statusLine: string;
  /** Header lines in their order, as written. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** Sends bytes on a socket of its own and reads to the end; the request should say `Connection: close`. */
export async function exchange(url: string, text: string): Promise<RawReply> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
  socket.write(text);
  await once(socket, 'close');
  const received = Buffer.concat(chunks).toString('latin1');
  const end = received.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  return { statusLine, lines, body: received.slice(end + 4) };
}

/** The text of a request for {@link exchange}. */
export function requestText(method: string, path: string, headers: readonly string[] = [], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, ...length, '', body].join('\r\n');
}
