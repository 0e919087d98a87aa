import Type from 'typebox';
import { file, group, streamPattern, text } from './schema-kinds.ts';

const target = Type.Object(
  {
    match: streamPattern('Stream names that this entry is for; `*` stands for any characters. Every entry that matches counts.'),
    name: text({
      description: 'What it is called in the API and the log.',
      pattern: '^[A-Za-z0-9_-]{1,32}$',
      expects: 'up to 32 letters, digits, - and _',
    }),
    url: text({
      description: 'Server and application, without the stream key.',
      pattern: '^rtmps?://([^\\s/?#@]+@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:\\d{1,5})?/+[^\\s#/?][^\\s#]{0,511}$',
      expects: 'a URL such as rtmp://a.rtmp.youtube.com/live2 or rtmps://live.example.com:443/app',
      secret: true,
    }),
    key: Type.Optional(
      text({ description: 'The stream key.', pattern: '^[\\x21-\\x7e]{1,512}$', expects: 'a stream key without spaces', secret: true }),
    ),
    keyFile: Type.Optional(file('File that holds the stream key. Read again before every connection.')),
    encoding: Type.Optional(
      text({
        description: 'Of simulcast: the rid of the encoding to push. Default: the highest.',
        pattern: '^[A-Za-z0-9_-]{1,16}$',
        expects: 'a rid',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Keys of `egress.rtmp`. */
export const rtmpSchema = group('Pushes to RTMP servers, each by an FFmpeg of its own.', {
  targets: Type.Array(target, {
    description: 'Where streams are pushed to: a list of `{ match, name, url, key or keyFile, encoding }`.',
    fileOnly: true,
    secretMembers: ['key', 'url'],
    default: [],
  }),
  caFile: Type.Optional(
    file('PEM file of the authorities that `rtmps` servers are verified with. Default: those that FFmpeg takes from the system.'),
  ),
});
