import type { RtpCodecParameters, RtpEncodingParameters, RtpParameters } from 'mediasoup/types';
import { codecLabel, isKnownExtension } from './codecs.ts';
import type { AnsweredSection, CodecName, Fmtp, OfferedSection, TrackDescription } from './model.ts';

/**
 * What mediasoup's `produce()` is told of a publisher's section: the publisher's numbers under the routers' codec labels.
 *
 * An H264 stream is always labelled `42e01f` with packetization-mode 1, a VP9 stream profile 0, whatever they are: routers match
 * labels only. The truth is in the track's description.
 */
export function produceParameters(
  section: OfferedSection,
  { codecs, extensions }: AnsweredSection,
  description: TrackDescription,
): RtpParameters {
  return {
    mid: section.mid,
    codecs: codecs.flatMap(({ name, offered, rtx, feedback }): RtpCodecParameters[] => {
      const { mimeType, clockRate, channels, parameters = {} } = codecLabel(name);
      const { payloadType } = offered;
      const sound = channels === undefined ? {} : { channels };
      const media = {
        mimeType,
        payloadType,
        clockRate,
        ...sound,
        parameters: { ...parameters, ...opusFmtp(name, description) },
        rtcpFeedback: [...feedback],
      };
      const repair = { mimeType: 'video/rtx', payloadType: rtx ?? 0, clockRate, parameters: { apt: payloadType }, rtcpFeedback: [] };
      return rtx === undefined ? [media] : [media, repair];
    }),
    headerExtensions: extensions.filter(isKnownExtension).map(({ uri, id }) => ({ uri, id })),
    encodings: encodings(section, codecs[0]?.rtx !== undefined, description),
    rtcp: { ...(section.cname === undefined ? {} : { cname: section.cname }), reducedSize: section.rtcpReducedSize },
  };
}

function opusFmtp(name: CodecName, { fmtp }: TrackDescription): Fmtp {
  return name === 'opus' ? fmtp : {};
}

/**
 * Simulcast encodings by rid; a single one by its SSRC, or by the section's mid where the offer names none.
 *
 * SDP does not tell layers, and without a scalability mode mediasoup cannot select them. `L3T3` is right for every sender: with `L3T3_KEY`
 * mediasoup keeps the smaller pictures back, which the larger are made from in full SVC (measured with VP9 L3T3 and L2T1 of Chromium: nothing
 * decodes). What it costs with a K-SVC sender is those pictures' bandwidth. Upward switches wait for a key frame in both.
 */
function encodings(section: OfferedSection, hasRtx: boolean, { layered, rids }: TrackDescription): RtpEncodingParameters[] {
  if (rids.length > 1) return rids.map((rid) => ({ rid, scalabilityMode: 'L1T3' }));
  const layers = layered ? { scalabilityMode: 'L3T3' } : {};
  const [rid] = rids;
  if (rid !== undefined) return [{ rid, ...layers }];
  const [source] = section.ssrcs;
  if (source === undefined) return [layers];
  const repair = hasRtx && source.rtxSsrc !== undefined ? { rtx: { ssrc: source.rtxSsrc } } : {};
  return [{ ssrc: source.ssrc, ...repair, ...layers }];
}
