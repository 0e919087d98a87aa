import Type from 'typebox';
import { duration, group, limit } from './schema-kinds.ts';

/** A bound that may be narrowed, but neither widened nor switched off: what lies behind it was made for it. */
const bound = (description: string, { minimum, most }: { readonly minimum: number; readonly most: number }) =>
  Type.Integer({ description, minimum, maximum: most, default: most });

/** Keys of `limits`. An address of IPv6 stands for its /64 network. */
export const limitsSchema = group('What one client, and all of them, may use. 0 switches a limit off.', {
  publishers: limit('Publishers at once; more get 503.', 500),
  publishersPerAddress: limit('Publishers at once from one address, of IPv6 from one /64; more get 429.', 50),
  viewers: limit('Viewers at once; more get 503.', 10_000),
  viewersPerStream: limit('Viewers of one stream at once; more get 503.', 10_000),
  viewersPerAddress: limit('Viewers at once from one address; more get 429.', 500),
  sessionsPerToken: limit('Sessions at once with the same token; more get 429. The `http` method can say so for each token.', 0),
  postsPerMinute: limit('POSTs that open sessions, a minute and address; more get 429.', 300),
  patchesPerMinute: limit('PATCHes of sessions, a minute and address; more get 429.', 1_500),
  deletesPerMinute: limit('DELETEs of sessions, a minute and address; more get 429.', 300),
  getsPerMinute: limit('GETs of what needs a token, a minute and address; more get 429.', 1_500),
  bodyBytes: bound('Longest body of a request, in bytes; a longer one gets 413.', { minimum: 2048, most: 64 * 1024 }),
  offerSections: bound('Sections (m= lines) of an offer; more get 422.', { minimum: 2, most: 16 }),
  offerCandidates: bound('ICE candidates of an offer; more get 422.', { minimum: 0, most: 256 }),
  offerCodecs: bound('Codecs of one m= section, RTX among them; more get 422.', { minimum: 2, most: 128 }),
  publisherBitrate: limit(
    'Bits per second that a publisher may send: browsers are told, and who exceeds it for ten seconds is ended.',
    30_000_000,
  ),
  sessionAge: Type.Optional(duration({ description: 'Longest life of a session; then it is ended. Default: no limit.' })),
  eventLoopDelay: duration({
    description: 'New sessions get 503 while our own thread is later than this on average; 0s: never.',
    default: '500ms',
  }),
  memory: limit('New sessions get 503 while our own process holds more MiB than this.', 0),
  workerCpu: Type.Integer({
    description: 'New sessions get 503 while every media worker uses more of its core than this, in percent; 0: never.',
    minimum: 0,
    maximum: 100,
    default: 95,
  }),
});
