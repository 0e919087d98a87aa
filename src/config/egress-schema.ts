import { hlsSchema } from './hls-schema.ts';
import { recordSchema, storageSchema } from './record-schema.ts';
import { rtmpSchema } from './rtmp-schema.ts';
import { group, text } from './schema-kinds.ts';
import { transcodeSchema } from './transcode-schema.ts';

/** Keys of `egress`. */
export const egressSchema = group('What leaves by other ways than WHEP: HLS, RTMP, recordings. All of it needs FFmpeg.', {
  ffmpeg: text({
    description: 'FFmpeg 5.1 or newer: a path, or a name that is looked for on PATH.',
    pattern: '^[^\\0]+$',
    expects: 'a path or a name',
    default: 'ffmpeg',
  }),
  transcode: transcodeSchema,
  stateDirectory: text({
    description:
      'Folder in which outputs that operators made by the API are written down, so that a restart makes them again; only its owner can read it, for it holds stream keys. `none`: a restart forgets them.',
    pattern: '^[^\\0]+$',
    expects: 'the name of a folder, or none',
    default: 'state',
  }),
  rtmp: rtmpSchema,
  hls: hlsSchema,
  record: recordSchema,
  storage: storageSchema,
});
