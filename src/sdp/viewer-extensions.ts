import { extensionUris } from './codecs.ts';
import type { Offer, OfferedExtension, OfferedSection, TrackDescription } from './model.ts';

/** The fixed numbers of mediasoup's senders (media-notes §1.4), of the extensions that are of use to a viewer. */
export const senderIds = { mid: 1, absSendTime: 4, transportCc: 5, dependencyDescriptor: 7 } as const;

/** Bytes that mediasoup reserves for a mid; with a longer one its packets would carry a wrong value. */
const maxMidBytes = 8;

/**
 * The header extensions that may be sent to a player in one section.
 *
 * The numbers are mediasoup's, so one can be used only where the player offers it under that very number. libwebrtc also accepts a
 * number of ours that its offer uses for nothing else in the bundle (measured in Chromium); nobody else is asked to.
 * Bandwidth estimation is left out where there are no layers to choose from: it costs a quarter of the CPU and changes nothing. The
 * dependency descriptor, without which nobody decodes AV1 of several sizes, is on those packets whether negotiated or not.
 */
export function viewerExtensions(offer: Offer, section: OfferedSection, track: TrackDescription): OfferedExtension[] {
  const wanted = [
    ...(section.mid.length <= maxMidBytes ? (['mid'] as const) : []),
    ...(track.layered ? (['transportCc', 'absSendTime'] as const) : []),
    ...(track.layered && track.codec === 'AV1' ? (['dependencyDescriptor'] as const) : []),
  ];
  return wanted.flatMap((name) => {
    const id = senderIds[name];
    const uri = extensionUris[name];
    const offered = section.extensions.find((extension) => extension.uri === uri && isReceived(extension));
    if (offered === undefined) return [];
    const isFree = offer.sections.every(({ extensions }) => extensions.every((extension) => extension.id !== id));
    return offered.id === id || (offer.libwebrtc && isFree) ? [{ ...offered, id }] : [];
  });
}

function isReceived({ direction }: OfferedExtension): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}
