import Type from 'typebox';
import { duration, flag, group, limit, text } from './schema-kinds.ts';

/** Keys of `egress.record`. */
export const recordSchema = group('Recordings of streams whose policy has them.', {
  directory: text({
    description: 'Folder of the recordings.',
    pattern: '^[^\\0]+$',
    expects: 'the name of a folder',
    default: 'recordings',
  }),
  path: text({
    description:
      'Path of a recording in it, without its ending: letters, digits, `_`, `.`, `-`, `/`, and `{stream}`, `{start}`, `{date}`, `{time}` (UTC) and `{part}`, which must be there.',
    pattern: '^(?=.*\\{part\\})(?:(?!\\.)(?:[A-Za-z0-9_.-]|\\{(?:stream|start|date|time|part)\\})+(?:/(?!$)|$))+$',
    expects: 'a path of letters, digits, _ . - and placeholders with {part} in it, whose folders do not begin with a dot',
    default: '{stream}/{start}-{part}',
  }),
  format: Type.Enum(['mp4', 'mkv'], { description: 'Container. VP8 is recorded as WebM if this is `mp4`.', default: 'mp4' }),
  faststart: flag(
    'When an MP4 recording has ended, have FFmpeg rewrite it with one index in front, so that players can seek in it at once.',
    true,
  ),
  partDuration: duration({ description: 'A recording goes on in a new file after this time; 0s: never.', default: '1h' }),
  partSize: limit('A recording goes on in a new file after so many MiB; 0: never.', 0),
});

/** Keys of `egress.storage`. */
export const storageSchema = group('Where recordings are kept, and for how long.', {
  minFree: limit('Recordings stop while the disk has less than this free, in MiB.', 500),
  maxAgeDays: limit('Recordings are deleted when they are so many days old; 0: never.', 0),
  maxSize: limit('The oldest recordings are deleted when all of them are larger than this, in MiB; 0: never.', 0),
  s3: group('A bucket of S3, or of a server that speaks like it, that recordings are uploaded to.', {
    bucket: Type.Optional(
      text({
        description: 'Name of the bucket. Default: nothing is uploaded.',
        pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
        expects: 'the name of a bucket',
      }),
    ),
    prefix: Type.Optional(
      text({
        description: 'What stands before the path of a recording in the name of its object. Default: nothing.',
        pattern: '^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?$',
        expects: 'a path without leading slash',
      }),
    ),
    endpoint: Type.Optional(
      text({
        description: 'Base URL of the server. Default: AWS.',
        pattern: '^https?://[^\\s@/]+(/[^\\s@]*)?$',
        expects: 'an http(s) URL without user and password',
      }),
    ),
    region: Type.Optional(
      text({
        description: 'Region. Default: that of the environment or the AWS profile; `us-east-1` with an endpoint.',
        pattern: '^[A-Za-z0-9-]{1,64}$',
        expects: 'the name of a region',
      }),
    ),
    pathStyle: flag('Ask for `host/bucket/key` instead of `bucket.host/key`, as most servers but AWS want it.', false),
    accessKeyId: Type.Optional(
      text({
        description: 'Access key. Default: the AWS chain of environment, profile files, web identity, container and instance roles.',
        pattern: '^\\S{1,256}$',
        expects: 'an access key id',
      }),
    ),
    secretAccessKey: Type.Optional(
      text({
        description: 'Secret of the access key.',
        pattern: '^\\S{1,256}$',
        expects: 'a secret access key',
        secret: true,
      }),
    ),
    partSize: Type.Integer({
      description: 'Size of the parts of a multipart upload, in MiB; each upload holds one in memory.',
      minimum: 5,
      maximum: 1024,
      default: 8,
    }),
    uploads: Type.Integer({ description: 'Uploads at once.', minimum: 1, maximum: 16, default: 2 }),
    keepLocal: flag('Keep the file when the bucket has confirmed that it has all of it.', true),
  }),
});
