import { parseStreamId, type StreamId } from '../../streams/stream-id.ts';

/** An output that an operator has asked for, with everything that it takes to make it again. */
export type OutputRequest =
  | {
      readonly kind: 'rtmp';
      readonly streamId: StreamId;
      readonly name: string;
      readonly url: string;
      readonly key: string;
      /** `highest`, or the rid of a simulcast encoding. */
      readonly encoding: string;
    }
  | { readonly kind: 'hls' | 'record'; readonly streamId: StreamId };

/** Writes requests for {@link parseRequests}. The text holds stream keys. */
export function writeRequests(requests: readonly OutputRequest[]): string {
  return `${JSON.stringify({ version: 1, outputs: requests }, undefined, 2)}\n`;
}

/** Reads what {@link writeRequests} has written. Throws `TypeError` or `SyntaxError` where it is something else; no message repeats the text. */
export function parseRequests(text: string): readonly OutputRequest[] {
  const { version, outputs } = fieldsOf(parseJson(text));
  if (version !== 1 || !Array.isArray(outputs)) throw new TypeError('not a list of outputs, or one of a later version');
  return outputs.map(parseRequest);
}

function parseRequest(value: unknown): OutputRequest {
  const { kind, streamId, name, url, key, encoding } = fieldsOf(value);
  const stream = parseStreamId(textIn(streamId));
  if (kind === 'hls' || kind === 'record') return { kind, streamId: stream };
  if (kind !== 'rtmp') throw new TypeError('an output of an unknown kind');
  return { kind, streamId: stream, name: textIn(name), url: textIn(url), key: textIn(key), encoding: textIn(encoding) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('not JSON'); // the parser's own message repeats some of the text
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  return { ...value };
}

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a text is missing');
  return value;
}
