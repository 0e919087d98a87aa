import Type from 'typebox';
import { group, text } from './schema-kinds.ts';

/** When video is encoded anew. */
export const transcodePolicies = ['never', 'needed', 'ladder'] as const;

/** Presets of x264 that keep up with a live picture, the cheapest first. */
const presets = ['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium'] as const;

/** Keys of `egress.transcode`. */
export const transcodeSchema = group('How video is encoded anew, of streams whose policy has it (streams.default.transcode).', {
  ladder: Type.Array(
    text({
      description: 'One rung.',
      pattern: '^[1-9]\\d{1,3}p(:[1-9]\\d{1,4}k)?$',
      expects: 'a height and, if you like, the bit rate that it may take, such as 480p or 480p:1200k',
    }),
    {
      description:
        'Smaller pictures that HLS offers beside the original: heights (of upright pictures the width), each with the most that it may take if that is not the usual. Only those that are notably smaller than the original are made.',
      minItems: 1,
      maxItems: 6,
      uniqueItems: true,
      default: ['720p', '480p', '360p'],
    },
  ),
  preset: Type.Enum([...presets], {
    description: 'What x264 may cost: slower presets look better at the same bit rate.',
    default: 'veryfast',
  }),
});
