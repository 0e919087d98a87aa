/** What a browser may send from its first second on: enough for a clear picture, little enough for most uplinks. */
const startBitrate = 1_500_000;

/**
 * Lets the browser begin at a useful bit rate instead of 300 kbit/s, from which it takes half a minute to reach a clear picture.
 *
 * Written into the answer's video format lines, where browsers made from libwebrtc read it; others ignore it. The browser still goes down
 * at once when the network cannot carry it.
 *
 * @param maxBitrate what the video may use at most, in bits per second
 */
export function withStartBitrate(answerText: string, maxBitrate = Number.POSITIVE_INFINITY): string {
  const parameter = `x-google-start-bitrate=${Math.round(Math.min(startBitrate, maxBitrate) / 1000)}`;
  const payloadTypes = Array.from(answerText.matchAll(/^a=rtpmap:(\d+) (?:H264|VP8|VP9|AV1)\/90000/gim), (match) => match[1] ?? '');
  return payloadTypes.reduce((text, payloadType) => addParameter(text, payloadType, parameter), answerText);
}

function addParameter(sdpText: string, payloadType: string, parameter: string): string {
  const fmtp = new RegExp(`^(a=fmtp:${payloadType} [^\\r\\n]*)`, 'm');
  if (fmtp.test(sdpText)) return sdpText.replace(fmtp, `$1;${parameter}`);
  return sdpText.replace(new RegExp(`^(a=rtpmap:${payloadType} [^\\r\\n]*\\r?\\n)`, 'm'), `$1a=fmtp:${payloadType} ${parameter}\r\n`);
}
