import Type, { type Static } from 'typebox';

/* What the operator API tells of outputs, and what it takes to make one. */

const time = (description: string) => Type.String({ format: 'date-time', description });

const streamId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the stream.' });

const ending = Type.Object(
  {
    cause: Type.String({ description: 'Stable word for what happened.' }),
    detail: Type.String({ description: 'The same for people. Holds no keys.' }),
  },
  { description: 'Why it does not run.' },
);

/** `{stream}` and `{id}` of a URL. */
export const egressParams = Type.Object({
  stream: Type.String({ description: 'Name of the stream.' }),
  id: Type.String({ description: 'The `id` under which the list of egresses shows it.' }),
});

/** One output of a stream. */
export const egressSchema = Type.Object({
  id: Type.String({ description: 'Unique within the stream.' }),
  kind: Type.Enum(['hls', 'rtmp', 'record']),
  streamId,
  state: Type.Enum(['waiting', 'starting', 'running', 'restarting', 'failed', 'stopped'], {
    description: '`waiting`: for a publisher, or what `reason` names. `restarting`: again at `retryAt`. `failed`: not again by itself.',
  }),
  since: time('When this state began.'),
  reason: Type.Optional(Type.String({ description: 'What is waited for.' })),
  attempt: Type.Optional(Type.Integer({ minimum: 1, description: 'How many attempts in a row have failed.' })),
  retryAt: Type.Optional(time('When the next attempt is due.')),
  ending: Type.Optional(ending),
  details: Type.Record(Type.String(), Type.Unknown(), {
    description:
      'What is special to its kind. Of `rtmp`: name, url (without key), attempts, uptimeSeconds, bitrate (bit/s), sentBytes, backlogBytes, ' +
      'rendition, gopSeconds, lastError (cause, detail, at), warnings (code, message). Of `hls`: viewers, bytesSent, bytesHeld, lowLatency, ' +
      'renditions (name, codec, width, height, bitrate), and where smaller pictures are to be made, ladder (name, renditions, reason, detail).',
  }),
});

const rtmpRequest = Type.Object(
  {
    kind: Type.Literal('rtmp'),
    url: Type.String({ description: '`rtmp://` or `rtmps://`, host and application; not the key.' }),
    key: Type.String({ description: 'The stream key. Nothing shows it again.' }),
    name: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$', description: 'What it is called here, unique within the stream. Default: made up.' }),
    ),
    encoding: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,16}$', description: 'Of simulcast: the rid to push. Default `highest`.' }),
    ),
  },
  { additionalProperties: false, description: 'Push to an RTMP server. Waits where the stream is not live.' },
);

const recordRequest = Type.Object(
  { kind: Type.Literal('record') },
  { additionalProperties: false, description: 'Record a stream that there is, until it ends.' },
);

const hlsRequest = Type.Object(
  { kind: Type.Literal('hls') },
  { additionalProperties: false, description: 'Package a stream that there is as HLS until it ends, whether or not anybody watches.' },
);

/** What a POST holds. */
export const egressRequestSchema = Type.Union([rtmpRequest, recordRequest, hlsRequest]);

/** What an event of the type `egress` holds. */
export const egressEventSchema = Type.Object({
  change: Type.Enum(['added', 'changed', 'removed']),
  egress: egressSchema,
});

/** {@link egressSchema} as a type. */
export type EgressView = Static<typeof egressSchema>;
/** {@link egressEventSchema} as a type. */
export type EgressEventView = Static<typeof egressEventSchema>;
