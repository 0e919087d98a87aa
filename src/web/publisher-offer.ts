import { codecsToOffer, type EncodingRequest, planEncodings } from './encoding-plan.ts';
import { withStereoOpus } from './opus-stereo.ts';
import type { OfferedPeer } from './peer-session.ts';
import { withStartBitrate } from './start-bitrate.ts';

/** Bits per second of stereo sound that nobody complains about. */
const audioBitrate = 128_000;

/** Makes a peer connection that offers to send a stream's tracks, at most one of each kind. Throws when the browser does not have the codec. */
export async function offerToSend(stream: MediaStream, video: EncodingRequest, iceServers: readonly RTCIceServer[]): Promise<OfferedPeer> {
  const peer = new RTCPeerConnection({ iceServers: [...iceServers], bundlePolicy: 'max-bundle' });
  const [audioTrack] = stream.getAudioTracks();
  const [videoTrack] = stream.getVideoTracks();
  if (audioTrack)
    peer.addTransceiver(audioTrack, { direction: 'sendonly', streams: [stream], sendEncodings: [{ maxBitrate: audioBitrate }] });
  if (videoTrack) addVideo(peer, videoTrack, stream, video);
  const offer = await peer.createOffer();
  const offerText = withStereoOpus(offer.sdp ?? '');
  await peer.setLocalDescription({ type: 'offer', sdp: offerText });
  return { peer, offerText, tuneAnswer: (answerText) => withStartBitrate(answerText, video.maxBitrate) };
}

function addVideo(peer: RTCPeerConnection, track: MediaStreamTrack, stream: MediaStream, request: EncodingRequest): void {
  const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream], sendEncodings: planEncodings(request) });
  if (request.codec === undefined) return;
  const codecs = codecsToOffer(RTCRtpSender.getCapabilities('video')?.codecs ?? [], request.codec);
  if (codecs.length === 0) throw new TypeError(`This browser cannot encode ${request.codec}.`);
  transceiver.setCodecPreferences(codecs);
}
