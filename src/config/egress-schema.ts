import { hlsSchema } from './hls-schema.ts';
import { recordSchema, storageSchema } from './record-schema.ts';
import { rtmpSchema } from './rtmp-schema.ts';
import { flag, group, text } from './schema-kinds.ts';

/** Keys of `egress`. */
export const egressSchema = group('What leaves by other ways than WHEP: HLS, RTMP, recordings. All of it needs FFmpeg.', {
  ffmpeg: text({
    description: 'FFmpeg 5.1 or newer: a path, or a name that is looked for on PATH.',
    pattern: '^[^\\0]+$',
    expects: 'a path or a name',
    default: 'ffmpeg',
  }),
  transcode: flag(
    'Encode video anew as H264 where HLS and RTMP cannot carry it (VP8). Costs about a quarter of a core per 720p stream.',
    false,
  ),
  rtmp: rtmpSchema,
  hls: hlsSchema,
  record: recordSchema,
  storage: storageSchema,
});
