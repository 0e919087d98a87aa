/**
 * Asks for stereo in every Opus format line of an SDP text.
 *
 * A browser encodes stereo only if the other side's `fmtp` says `stereo=1`, and decodes it only if its own does; neither can be set by an
 * API. `sprop-stereo=1` says that what is sent will be stereo.
 *
 * @see RFC 7587 §6.1
 */
export function withStereoOpus(sdpText: string): string {
  const payloadTypes = Array.from(sdpText.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim), (match) => match[1] ?? '');
  return payloadTypes.reduce(askForStereo, sdpText);
}

function askForStereo(sdpText: string, payloadType: string): string {
  const line = new RegExp(`^a=fmtp:${payloadType} [^\\r\\n]*`, 'm');
  return sdpText.replace(line, (fmtp) => {
    const missing = ['stereo=1', 'sprop-stereo=1'].filter((parameter) => !fmtp.split(/[ ;]/).includes(parameter));
    return [fmtp, ...missing].join(';');
  });
}
