import { unusable } from './unusable.ts';

/** The URL of a service to ask: http(s), without credentials. Throws `ERR_CONFIG_INVALID`. */
export function parseServiceUrl(text: string, where: string): URL {
  const url = URL.parse(text);
  const isUsable = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isUsable) throw unusable(`${where} must be an http(s) URL without user and password.`);
  return url;
}

/** A URL for logs: what follows the path may be a secret. */
export function loggableUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** What went wrong on the way to a service, in the words of the innermost error. */
export function problemOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
