/**
 * Whether an `If-Match` header lets a request through (RFC 9110 §13.1.1).
 *
 * An absent header does; so do `*` and, as RFC 9725 §4.3.3 prints it, `"*"`; else one tag of the list must equal the present one strongly:
 * `W/"x"` equals nothing.
 */
export function matchesIfMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return true;
  const text = header.trim();
  if (text === '*' || text === '"*"') return true;
  return entityTags(text).includes(etag);
}

/** Splits a list at the commas outside of quotes: an opaque tag may hold some. */
function entityTags(list: string): readonly string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}
