import type { IncomingHttpHeaders } from 'node:http';

/**
 * Writes what a `Forwarded` header says as the `X-Forwarded-…` headers that the library reads, where there is none of those:
 * beside them it may be the client's own.
 *
 * Only for requests from a proxy that is believed. @see RFC 7239 §4
 */
export function translateForwarded(headers: IncomingHttpHeaders): void {
  const { forwarded } = headers;
  if (forwarded === undefined || translations.some(([, header]) => headers[header] !== undefined)) return;
  const hops = splitOutsideQuotes(forwarded, ',').map(parseHop);
  for (const [parameter, header] of translations) {
    const values = hops.flatMap((hop) => hop.get(parameter) ?? []);
    if (values.length > 0) headers[header] = values.join(', ');
  }
}

const translations = [
  ['for', 'x-forwarded-for'],
  ['proto', 'x-forwarded-proto'],
  ['host', 'x-forwarded-host'],
] as const;

/** `for=192.0.2.1;proto=https` → its parameters, in which names have no case. */
function parseHop(text: string): ReadonlyMap<string, string> {
  const pairs = splitOutsideQuotes(text, ';').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=');
    return value.length === 0 ? [] : [[name.trim().toLowerCase(), unquote(value.join('=').trim())] as const];
  });
  return new Map(pairs);
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function unquote(value: string): string {
  return /^"(.*)"$/s.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value;
}
