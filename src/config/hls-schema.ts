import Type from 'typebox';
import { duration, file, flag, group } from './schema-kinds.ts';

/** Keys of `egress.hls`. */
export const hlsSchema = group('HLS, of streams whose policy has it.', {
  segmentDuration: duration({
    description:
      'Segments end at the first key frame after three quarters of this; publishers that obey are asked for one as often. 1s to 10s.',
    default: '2s',
  }),
  segments: Type.Integer({ description: 'Segments in a playlist.', minimum: 3, maximum: 100, default: 6 }),
  lowLatency: flag('Offer streams with one video encoding in parts as well (LL-HLS): about a second behind instead of six.', true),
  linger: duration({ description: 'How long a stream is packaged after its last viewer, if not always.', default: '30s' }),
  memory: Type.Integer({
    description: 'Media that one stream may hold, in MiB; with more, its playlists get shorter, down to three segments.',
    minimum: 1,
    maximum: 65_536,
    default: 64,
  }),
  directory: Type.Optional(
    file('Folder for playlists and segments of every stream that is packaged, for a web server or a CDN. Default: memory only.'),
  ),
});
