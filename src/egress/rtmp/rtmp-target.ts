import { GatewayError } from '../../errors.ts';
import { RtmpSecrets } from './rtmp-secrets.ts';

/** Where to push to, as people write it. */
export interface WrittenTarget {
  /** What it is called in the API and the log; unique within its stream. */
  readonly name: string;
  /** `rtmp://` or `rtmps://`, host, port and application: what services call the server. */
  readonly url: string;
  /** What services call the stream key: the name under which the stream is published there. */
  readonly key: string;
}

/** Where to push to, taken apart so that its secrets go ways of their own. */
export interface RtmpTarget {
  readonly name: string;
  /** For people: without user, password and query. */
  readonly shownUrl: string;
  readonly isTls: boolean;
  /** What FFmpeg gets on its command line: scheme, user and password if there are any, host and port. */
  readonly address: string;
  readonly secrets: RtmpSecrets;
}

/** Scheme, user and password, host and port, application, query. */
const targetUrl = /^(rtmps?:)\/\/(?:([^\s/?#@]+)@)?((?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)\/+([\x21-\x7e]+)$/;

/** What a stream key may be: one line that fits into FFmpeg's buffer, without spaces. */
const targetKey = /^[\x21-\x7e]{1,512}$/;

/** Longest application with its query; FFmpeg reads lines of 1000 characters. */
const longestApp = 512;

/**
 * Takes a target apart.
 *
 * The key is no part of the URL here, although RTMP joins them: FFmpeg gets the application and the key by a file that has no name, so that
 * neither stands on its command line. Throws `ERR_EGRESS_TARGET_INVALID`.
 */
export function parseRtmpTarget({ name, url, key }: WrittenTarget): RtmpTarget {
  const [, scheme, credentials, host, rest = ''] = targetUrl.exec(url) ?? [];
  const [path = '', ...query] = rest.split('?');
  const app = path.replace(/\/+$/, '');
  if (scheme === undefined || host === undefined || app === '' || rest.includes('#')) {
    throw invalid('The url of a target is rtmp://host/application or rtmps://host/application; the stream key is a field of its own.');
  }
  if (rest.length > longestApp) throw invalid('The url of the target is too long.');
  if (!targetKey.test(key)) throw invalid('The key of a target is 1 to 512 characters without spaces.');
  const [user = '', ...password] = credentials?.split(':') ?? [];
  return {
    name,
    shownUrl: `${scheme}//${host}/${app}`,
    isTls: scheme === 'rtmps:',
    address: `${scheme}//${credentials === undefined ? '' : `${credentials}@`}${host}/`,
    secrets: new RtmpSecrets({
      app: query.length === 0 ? app : `${app}?${query.join('?')}`,
      key,
      others: [credentials ?? '', user, password.join(':'), query.join('?')],
    }),
  };
}

function invalid(message: string): GatewayError {
  return new GatewayError('ERR_EGRESS_TARGET_INVALID', message);
}
