import { GatewayError } from '../errors.ts';
import type { LayerWish } from '../streams/layer-choice.ts';

/** The body of a layer selection. */
export interface LayerRequest {
  /** Which section; undefined: the first video. */
  readonly mediaId: string | undefined;
  readonly wish: LayerWish;
}

/**
 * Reads the body of a layer selection. `encodingId` is what older drafts and players call `rid`; members that are unknown or null are as
 * good as absent.
 *
 * Throws `ERR_REQUEST_INVALID` for anything but a JSON object, and for members of another type.
 *
 * @see WHEP core extensions, video layer selection
 */
export function parseLayerRequest(text: string): LayerRequest {
  const members = parseObject(text);
  const { mediaId } = members;
  return {
    mediaId: typeof mediaId === 'number' ? String(mediaId) : textOf(mediaId, 'mediaId'),
    wish: {
      rid: textOf(members['rid'] ?? members['encodingId'], 'rid'),
      spatialLayerId: wholeNumber(members, 'spatialLayerId'),
      temporalLayerId: wholeNumber(members, 'temporalLayerId'),
      maxSpatialLayerId: wholeNumber(members, 'maxSpatialLayerId'),
      maxTemporalLayerId: wholeNumber(members, 'maxTemporalLayerId'),
      maxWidth: wholeNumber(members, 'maxWidth'),
      maxHeight: wholeNumber(members, 'maxHeight'),
    },
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no JSON object');
  return Object.fromEntries(Object.entries(value));
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed(`${name} is text`);
  return value;
}

function wholeNumber(members: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = members[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw malformed(`${name} is a whole number`);
  return value;
}

function malformed(reason: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', `The layer selection cannot be read: ${reason}.`);
}
