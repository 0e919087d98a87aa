import { withStereoOpus } from './opus-stereo.ts';
import type { OfferedPeer } from './peer-session.ts';

/**
 * The header extensions a player of Sluice needs: which section a packet belongs to, what the server estimates bandwidth from, and how the
 * pictures of AV1 in several sizes depend on each other.
 */
const neededExtensions: readonly string[] = [
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
];

/** A header extension as the WebRTC extensions draft has it; not yet in TypeScript's DOM library. */
interface HeaderExtension {
  uri: string;
  direction: RTCRtpTransceiverDirection;
}

/** A transceiver of a browser that lets pages choose header extensions. */
interface ExtensibleTransceiver {
  getHeaderExtensionsToNegotiate(): HeaderExtension[];
  setHeaderExtensionsToNegotiate(extensions: HeaderExtension[]): void;
}

/** Makes a peer connection that offers to receive one audio and one video track, in stereo. */
export async function offerToReceive(iceServers: readonly RTCIceServer[]): Promise<OfferedPeer> {
  const peer = new RTCPeerConnection({ iceServers: [...iceServers], bundlePolicy: 'max-bundle' });
  for (const kind of ['audio', 'video'] as const) offerFewExtensions(peer.addTransceiver(kind, { direction: 'recvonly' }));
  const offer = await peer.createOffer();
  const offerText = withStereoOpus(offer.sdp ?? '');
  await peer.setLocalDescription({ type: 'offer', sdp: offerText });
  return { peer, offerText };
}

/**
 * Offers no header extension that is not needed, which leaves the numbers free that the server's extensions have.
 *
 * The server can then send transport-wide sequence numbers, and so knows what the network can carry, and AV1 with spatial layers.
 *
 * @see https://w3c.github.io/webrtc-extensions/#rtp-header-extension-control
 */
function offerFewExtensions(transceiver: RTCRtpTransceiver): void {
  if (!isExtensible(transceiver)) return;
  const extensions = transceiver.getHeaderExtensionsToNegotiate();
  transceiver.setHeaderExtensionsToNegotiate(
    extensions.map(({ uri }) => ({ uri, direction: neededExtensions.includes(uri) ? ('sendrecv' as const) : ('stopped' as const) })),
  );
}

function isExtensible(transceiver: object): transceiver is ExtensibleTransceiver {
  return 'getHeaderExtensionsToNegotiate' in transceiver && 'setHeaderExtensionsToNegotiate' in transceiver;
}
