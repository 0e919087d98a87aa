/** Where the extensions of a WHEP session are; undefined where its server has none. */
export interface SessionExtensions {
  readonly events: string | undefined;
  readonly layer: string | undefined;
}

const core = 'urn:ietf:params:whep:ext:core';

/**
 * Reads the `Link` header of a 201. Links that lead below the session are taken from the session's own URL, which a proxy may have put
 * under a prefix without knowing of links.
 *
 * @see WHEP §4.10, WHEP core extensions
 */
export function readExtensions(linkHeader: string | null, sessionUrl: string): SessionExtensions {
  const secret = new URL(sessionUrl).pathname.split('/').at(-1) ?? '';
  const find = (relation: string): string | undefined => {
    const target = linkTargets(linkHeader ?? '').find(({ rel }) => rel === relation)?.target;
    if (target === undefined) return undefined;
    const below = secret === '' ? -1 : target.indexOf(`/${secret}/`);
    return below === -1 ? new URL(target, sessionUrl).href : sessionUrl + target.slice(below + 1 + secret.length);
  };
  return { events: find(`${core}:server-sent-events`), layer: find(`${core}:layer`) };
}

/** Several lines reach pages as one, and values may hold commas too (RFC 8288 §3). */
function linkTargets(header: string): readonly { readonly target: string; readonly rel: string }[] {
  return [...header.matchAll(/<([^>]*)>[^<]*?;\s*rel="?([^";,\s]+)/g)].map(([, target = '', rel = '']) => ({ target, rel }));
}
