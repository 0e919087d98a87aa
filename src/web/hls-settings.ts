/**
 * How our player differs from hls.js as it comes: where playback began further behind the live edge than the server asks for, it is a little
 * faster until it has caught up. Players begin up to a segment late, and would stay there.
 */
export const catchUp = { maxLiveSyncPlaybackRate: 1.05 } as const;
