import Type, { type Static } from 'typebox';

/*
 * What the operator API answers: the type of every view, the filter in front of every reply (a field that is not here leaves no gateway), and
 * the OpenAPI description, all from one place.
 */

const time = (description: string) => Type.String({ format: 'date-time', description });

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

const sessionId = Type.String({ pattern: '^[0-9a-f]{12}$', description: 'Name of the session in logs and here; not its URL secret.' });

const streamId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the stream.' });

const kind = Type.Enum(['audio', 'video']);

/** `{stream}` of a URL. */
export const streamParams = Type.Object({ stream: Type.String({ description: 'Name of the stream.' }) });

/** `{id}` of a URL. */
export const sessionParams = Type.Object({ id: Type.String({ description: 'The `id` under which the list of sessions shows it.' }) });

/** Which sessions to list. */
export const sessionsQuery = Type.Object({ stream: Type.Optional(Type.String({ description: 'List only the sessions of this stream.' })) });

const track = {
  kind,
  codec: Type.String({ description: '`H264`, `VP8`, `VP9`, `AV1` or `opus`.' }),
  rids: Type.Array(Type.String(), { description: 'Simulcast encodings, smallest first; empty without simulcast.' }),
  h264Profile: Type.Optional(Type.String({ description: '`profile-level-id` as the stream itself says it.' })),
};

const warningCode = Type.String({ pattern: '^WARN_', description: 'Stable name of what is wrong.' });

const warning = Type.Object({
  code: warningCode,
  message: Type.String({ description: 'What it means and what to do.' }),
  since: time('When it was first seen.'),
});

/** What a publisher is told about its own media. */
export const ingestSchema = Type.Object({
  warnings: Type.Array(warning),
});

const bitrate = Type.Optional(Type.Integer({ minimum: 0, description: 'What arrives, in bit/s.' }));

const pixels = Type.Optional(Type.Integer({ minimum: 0, description: 'In pixels; absent until measured. Of SVC the largest.' }));

const trackDetail = Type.Object({
  ...track,
  bitrate,
  loss: Type.Optional(share('Share of packets lost in the last 10 s.')),
  framesPerSecond: Type.Optional(Type.Number({ minimum: 0 })),
  encodings: Type.Array(Type.Object({ rid: Type.Optional(Type.String()), bitrate, width: pixels, height: pixels }), {
    description: 'The RTP streams that have arrived, smallest first; one without simulcast.',
  }),
});

const stream = {
  streamId,
  state: Type.Enum(['waiting', 'live'], { description: '`waiting`: no media yet, or the publisher is gone and may come back.' }),
  since: time('When it went live, or began to wait.'),
  subscribers: Type.Integer({ minimum: 0, description: 'Viewers.' }),
  contestedUntil: Type.Optional(time('Until when the name stays with its publisher after too many takeovers.')),
};

/** One entry of the list of streams. */
export const streamSchema = Type.Object({
  ...stream,
  tracks: Type.Array(Type.Object(track)),
  thumbnail: Type.Boolean({ description: 'Whether a picture of it can be had at `/hls/{stream}/thumbnail.jpg`.' }),
  warnings: Type.Array(warningCode, { description: 'What is wrong with what arrives; the stream itself tells more.' }),
});

const session = {
  id: sessionId,
  userAgent: Type.String({ description: 'What the client calls itself; empty when it says nothing.' }),
  connected: Type.Boolean({ description: 'Whether ICE and DTLS are up.' }),
  since: time('When it was opened.'),
  bitrate: Type.Optional(Type.Integer({ minimum: 0, description: 'RTP from a publisher or to a viewer, in bit/s.' })),
  loss: Type.Optional(share('Share of packets lost of late, on the track that lost most.')),
  roundTripMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Round trip to the client; absent until RTCP has told.' })),
};

/** One entry of the list of sessions. */
export const sessionSchema = Type.Object({ ...session, kind: Type.Enum(['publish', 'subscribe']), stream: streamId });

/** One stream in detail. */
export const streamDetailSchema = Type.Object({
  ...stream,
  publisher: Type.Optional(Type.Object(session, { description: 'Absent while nobody publishes.' })),
  tracks: Type.Array(trackDetail),
  gopSeconds: Type.Optional(
    Type.Number({ minimum: 0, description: 'Time between the key frames that come unasked; absent while unknown, and when none come.' }),
  ),
  obeysKeyFrameRequests: Type.Optional(
    Type.Boolean({ description: 'Whether the encoder sends a key frame when asked for one; absent until that is certain.' }),
  ),
  warnings: Type.Array(warning, { description: 'What is wrong with what arrives.' }),
});

const bytes = (description: string) => Type.Integer({ minimum: 0, description: `${description}, in bytes.` });

/** This gateway and its machine. */
export const nodeSchema = Type.Object({
  version: Type.String(),
  status: Type.Enum(['ok', 'draining', 'unavailable'], { description: '`unavailable`: no media worker runs.' }),
  uptimeSeconds: Type.Integer({ minimum: 0 }),
  node: Type.String({ description: 'Version of Node.js.' }),
  memoryBytes: bytes('Resident memory of the gateway process'),
  cpuMs: Type.Integer({ minimum: 0, description: 'CPU time of the gateway process since it started, in milliseconds.' }),
  workers: Type.Array(
    Type.Object({
      id: Type.Integer({ minimum: 0 }),
      pid: Type.Integer({ minimum: 1 }),
      port: Type.Integer({ minimum: 1, maximum: 65_535, description: 'Media port, UDP and TCP.' }),
      answers: Type.Boolean({ description: '`false`: it hangs, and gets no sessions.' }),
      cpuMs: Type.Integer({ minimum: 0, description: 'CPU time since it started, in milliseconds.' }),
      cpuShare: Type.Number({ minimum: 0, description: 'Share of a core that it used in the last second.' }),
      publishers: Type.Integer({ minimum: 0 }),
      viewers: Type.Integer({ minimum: 0 }),
      moreViewers: Type.Integer({
        minimum: 0,
        description: 'Estimate of how many more viewers, of the kind that is served now, fit on it.',
      }),
      memoryBytes: Type.Optional(bytes('Peak resident memory')),
      routers: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ),
  host: Type.Object({
    cores: Type.Integer({ minimum: 1 }),
    mediaAddresses: Type.Array(Type.String(), { description: 'Addresses that clients are offered for media.' }),
    wantedSocketBufferBytes: bytes('Socket buffers that media ports ask for'),
    receiveBufferBytes: Type.Optional(bytes('`net.core.rmem_max`: what the kernel grants')),
    sendBufferBytes: Type.Optional(bytes('`net.core.wmem_max`: what the kernel grants')),
  }),
  ffmpeg: Type.Optional(Type.String({ description: 'Path of FFmpeg; absent when there is none.' })),
});

/** What an event of the type `stream` holds. */
export const streamEventSchema = Type.Object({
  change: Type.Enum(['live', 'idle', 'ended'], { description: '`idle`: the publisher is gone and may come back.' }),
  streamId,
  at: time('When the gateway told of it.'),
});

/** Every failure (RFC 9457). */
export const problemSchema = Type.Object(
  { title: Type.String(), status: Type.Integer(), code: Type.String({ pattern: '^ERR_' }), detail: Type.String() },
  { description: 'What went wrong: a stable `code`, and a sentence that tells what to do.' },
);

/** {@link streamSchema} as a type. */
export type StreamView = Static<typeof streamSchema>;
/** {@link streamDetailSchema} as a type. */
export type StreamDetailView = Static<typeof streamDetailSchema>;
/** {@link sessionSchema} as a type. */
export type SessionView = Static<typeof sessionSchema>;
/** {@link ingestSchema} as a type. */
export type IngestView = Static<typeof ingestSchema>;
/** {@link streamEventSchema} as a type. */
export type StreamEventView = Static<typeof streamEventSchema>;
/** {@link nodeSchema} as a type. */
export type NodeView = Static<typeof nodeSchema>;
