import Type from 'typebox';
import { file, flag, group, limit, streamPattern, text } from './schema-kinds.ts';

const baseUrl = '^https?://[^/\\s?#@]+(/[^\\s?#]*)?$';

/** Keys of `http`. */
export const httpSchema = group('The HTTP port: WHIP, WHEP, pages, health and metrics.', {
  host: text({
    description: 'Address that the HTTP port binds to. Anything but a loopback address needs `auth.mode` written down.',
    pattern: '^[^\\s/]+$',
    expects: 'an address or a host name',
    default: '127.0.0.1',
  }),
  port: Type.Integer({ description: 'HTTP port; 0 takes any free one.', minimum: 0, maximum: 65535, default: 8080 }),
  publicUrl: Type.Optional(
    text({
      description: 'Base URL that clients use, for the `Location` of sessions. Default: taken from each request.',
      pattern: baseUrl,
      expects: 'an http(s) URL without user, query and fragment, such as https://live.example.com',
    }),
  ),
  trustProxy: flag('A proxy in front ends TLS and sets X-Forwarded-For, -Proto and -Host: believe it.', false),
  proxies: Type.Integer({
    description:
      'With `http.trustProxy`: how many proxies stand in a row, each adding the address that it sees to X-Forwarded-For. Addresses ' +
      'before those were written by the client and count for nothing.',
    minimum: 1,
    maximum: 16,
    default: 1,
  }),
  tls: group('TLS without a proxy.', {
    certFile: Type.Optional(file('PEM file with the certificate chain: the HTTP port speaks HTTPS. Read again when it changes.')),
    keyFile: Type.Optional(file('PEM file with the key of the certificate. Read again when it changes.')),
  }),
  requireTls: flag(
    'Refuse requests that did not come by HTTPS, to us or to the proxy in front, with 403; `/livez` and `/readyz` answer.',
    false,
  ),
  allowedOrigins: Type.Array(
    text({
      description: 'An origin.',
      pattern: '^(\\*|https?://[^/\\s?#@]+)$',
      expects: '* or an origin such as https://app.example.com',
    }),
    {
      description:
        'Origins whose pages may publish, watch and read answers. `*`: all of them, except that what needs the `operate` permission can ' +
        'be read by our own pages only.',
      uniqueItems: true,
      default: ['*'],
    },
  ),
  strictEtag: flag(
    'Answer a PATCH without If-Match with 428, as RFC 9725 wants it. `false` takes it as made for the present ETag, which spares some ' +
      'players (whip-whep-js, Eyevinn, GStreamer) an error that is harmless to their media.',
    true,
  ),
  api: Type.Optional(
    Type.Boolean({
      description: 'Serve the operator API under `/api`. Default: unless `http.host` is not loopback and `auth.mode` is `none`.',
    }),
  ),
  maxConnections: limit('HTTP connections at once; more are closed unanswered. 0: no limit.', 10_000),
  redirect: Type.Array(
    Type.Object(
      {
        match: streamPattern('Stream names that this entry is for; `*` stands for any characters. The first match counts.'),
        to: text({
          description: 'Base URL of the node that has them.',
          pattern: baseUrl,
          expects: 'an http(s) URL without user, query and fragment, such as https://node2.example.com',
        }),
      },
      { additionalProperties: false },
    ),
    {
      description: 'Streams that another node has: their POSTs get 307 to it. A list of `{ match, to }`.',
      fileOnly: true,
      default: [],
    },
  ),
});
