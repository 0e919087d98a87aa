/** Where the picture ID of a VP8 payload stands, and how many values it has (RFC 7741 §4.2: 7 or 15 bits); undefined without one. */
function placeOf(payload: Uint8Array): { readonly at: number; readonly values: number } | undefined {
  const [first = 0, extensions = 0, picture] = payload;
  if ((first & 0x80) === 0 || (extensions & 0x80) === 0 || picture === undefined) return undefined;
  return { at: 2, values: (picture & 0x80) === 0 ? 2 ** 7 : 2 ** 15 };
}

/** The picture ID of a VP8 payload, undefined where it has none. */
export function vp8PictureId(payload: Uint8Array): number | undefined {
  const place = placeOf(payload);
  if (place === undefined) return undefined;
  const [high = 0, low = 0] = payload.subarray(place.at);
  return place.values === 2 ** 7 ? high : ((high & 0x7f) << 8) | low;
}

/** Moves the picture ID in a VP8 payload on, in place; does nothing where it has none. */
export function moveVp8PictureId(payload: Uint8Array, by: number): void {
  const place = placeOf(payload);
  const id = vp8PictureId(payload);
  if (place === undefined || id === undefined) return;
  const moved = (((id + by) % place.values) + place.values) % place.values;
  if (place.values === 2 ** 7) payload[place.at] = moved;
  else payload.set([0x80 | (moved >> 8), moved & 0xff], place.at);
}
