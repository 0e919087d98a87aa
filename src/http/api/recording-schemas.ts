import Type, { type Static } from 'typebox';

const time = (description: string) => Type.String({ format: 'date-time', description });

const bytes = (description: string) => Type.Integer({ minimum: 0, description });

const pixels = Type.Optional(Type.Integer({ minimum: 0, description: 'In pixels.' }));

/** `{id}` of a URL. */
export const recordingParams = Type.Object({ id: Type.String({ description: 'The `id` under which the list shows it.' }) });

/** Which recordings to list. */
export const recordingsQuery = Type.Object({
  stream: Type.Optional(Type.String({ description: 'Only those of this stream.' })),
  state: Type.Optional(Type.Enum(['recording', 'finishing', 'complete', 'deleted'], { description: 'Only those in this state.' })),
  from: Type.Optional(time('Only those that began at this time or later.')),
  until: Type.Optional(time('Only those that began before this time.')),
  after: Type.Optional(Type.String({ maxLength: 64, description: '`next` of the page before.' })),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'How many at most.' }),
});

const upload = Type.Object(
  {
    state: Type.Enum(['queued', 'uploading', 'retrying', 'done'], {
      description: '`done`: the bucket has confirmed that it has all of it.',
    }),
    bucket: Type.Optional(Type.String()),
    key: Type.Optional(Type.String({ description: 'Name of the object.' })),
    sentBytes: Type.Optional(bytes('Of this attempt.')),
    attempt: Type.Optional(Type.Integer({ minimum: 1, description: 'Attempts that failed in a row.' })),
    failure: Type.Optional(Type.String({ description: 'Why the last attempt failed: a stable word.' })),
    detail: Type.Optional(Type.String({ description: 'The same for people.' })),
    retryAt: Type.Optional(time('When the next attempt is made.')),
    confirmedAt: Type.Optional(time('When the bucket confirmed it.')),
  },
  { description: 'Absent where nothing is uploaded, and while the recording is not complete.' },
);

/** One recording: one file. */
export const recordingSchema = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'Name of this file.' }),
  session: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'What all files have in common from one start to its stop.' }),
  stream: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Name of the stream.' }),
  part: Type.Integer({ minimum: 1, description: 'Counts the files of a session.' }),
  state: Type.Enum(['recording', 'finishing', 'complete', 'deleted'], {
    description: '`finishing`: it has ended and gets its index and its name. `deleted`: only the bucket has it.',
  }),
  startedAt: time('When its first picture or sound was taken.'),
  durationMs: Type.Integer({ minimum: 0, description: 'In milliseconds; grows while it is recorded.' }),
  bytes: bytes('Size of the file; grows while it is recorded.'),
  container: Type.Enum(['mp4', 'webm', 'mkv']),
  path: Type.String({ description: 'Of the file, relative to the folder of recordings.' }),
  video: Type.Optional(Type.Object({ codec: Type.String({ description: 'As in RFC 6381.' }), width: pixels, height: pixels })),
  audio: Type.Optional(
    Type.Object({
      codec: Type.String({ description: 'As in RFC 6381.' }),
      sampleRate: Type.Optional(Type.Integer({ minimum: 0, description: 'In Hz.' })),
      channels: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
  ),
  ending: Type.Optional(
    Type.Object(
      { cause: Type.String({ description: 'A stable word.' }), detail: Type.String({ description: 'The same for people.' }) },
      { description: 'Why it ended; absent while it is recorded.' },
    ),
  ),
  upload: Type.Optional(upload),
});

/** A page of the list. */
export const recordingPageSchema = Type.Object({
  recordings: Type.Array(recordingSchema, { description: 'Newest first.' }),
  next: Type.Optional(Type.String({ description: 'For `after`, to get the next page; absent on the last one.' })),
});

/** {@link recordingSchema} as a type. */
export type RecordingView = Static<typeof recordingSchema>;
