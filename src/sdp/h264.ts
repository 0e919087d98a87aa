import { parseProfileLevelId, type Profile } from 'h264-profile-level-id';

/** The label that every router of Sluice uses: constrained baseline, level 3.1. */
export const canonicalProfile = '42e01f';

/** High 4:4:4 Predictive: a studio profile that few hardware decoders have, whatever it is a superset of. */
const studioProfile = 6 satisfies Profile;

/** What a decoder for High is expected to cope with, so the rank of a profile that nobody knows. */
const highProfile = 5 satisfies Profile;

/**
 * Makes six lower-case hexadecimal digits of whatever a client calls its `profile-level-id`.
 *
 * Old FFmpeg prints its internal profile flags in front (`242c01f` for `42c01f`), so the last six digits are tried first.
 * What cannot be read counts as constrained baseline, as does a missing parameter in libwebrtc.
 */
export function normaliseProfile(text: string | number | undefined): string {
  const digits = String(text ?? canonicalProfile)
    .trim()
    .toLowerCase();
  if (!/^[0-9a-f]{6,8}$/.test(digits)) return canonicalProfile;
  const readings = [digits.slice(-6), digits.slice(0, 6)];
  return readings.find((reading) => parseProfileLevelId(reading) !== undefined) ?? digits.slice(-6);
}

/**
 * How well a decoder for `offered` suits a stream of `actual`: 0 is the same profile, then supersets from the nearest,
 * then lesser profiles from the best, then 4:4:4. Levels do not count: level-asymmetry is the rule, and decoders do more than they say.
 *
 * @see RFC 6184 §8.1
 */
export function profileDistance(offered: string, actual: string): number {
  const rank = profileRank(offered);
  const distance = rank - profileRank(actual);
  if (distance !== 0 && rank === studioProfile) return 20;
  return distance >= 0 ? distance : 10 - distance;
}

/** h264-profile-level-id numbers profiles from constrained baseline (1) to High 4:4:4 (6); a higher one decodes the lower ones. */
function profileRank(profileLevelId: string): number {
  return parseProfileLevelId(normaliseProfile(profileLevelId))?.profile ?? highProfile;
}
