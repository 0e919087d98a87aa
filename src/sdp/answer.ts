import type { RtpParameters } from 'mediasoup/types';
import type { AnswerablePlan } from './answerable-plan.ts';
import type { AnsweredSection, LocalTransport, Offer, OfferedSection } from './model.ts';
import type { PublishPlan } from './publish-plan.ts';
import { candidateLines, codecLines, sdpText, sessionLines, transportLines } from './section-lines.ts';

/** What is sent to a player in one section. */
export interface Sender {
  readonly mid: string;
  readonly rtpParameters: RtpParameters;
}

/** MediaStream id of everything that players get; browsers make one stream of equal ids. */
const streamId = 'sluice';

/** Writes the answer to a publisher: `recvonly`, one codec for each section, numbers as offered (conformance section C). */
export function writePublishAnswer(plan: PublishPlan, local: LocalTransport): string {
  return writeAnswer(plan.offer, plan.sections, local, ({ extensions, rids }) => [
    ...extensions.map(({ id, uri, direction }) => `a=extmap:${id}${direction === 'sendonly' ? '/recvonly' : ''} ${uri}`),
    'a=recvonly',
    ...rids.map((rid) => `a=rid:${rid} recv`),
    ...(rids.length === 0 ? [] : [`a=simulcast:recv ${rids.join(';')}`]),
  ]);
}

/** Writes the answer to a player: `sendonly`, every codec that it could be sent later too. `senders` are what it is sent now. */
export function writeSubscribeAnswer(plan: AnswerablePlan, local: LocalTransport, senders: readonly Sender[]): string {
  for (const { mid, rtpParameters } of senders)
    assertAnswered(
      plan.sections.find((section) => section.mid === mid),
      rtpParameters,
    );
  return writeAnswer(plan.offer, plan.sections, local, ({ mid, kind, extensions }) => {
    const sender = senders.find((candidate) => candidate.mid === mid);
    const msid = `${streamId} ${streamId}-${kind}`;
    return [
      ...extensions.map(({ id, uri, direction }) => `a=extmap:${id}${direction === 'recvonly' ? '/sendonly' : ''} ${uri}`),
      'a=sendonly',
      `a=msid:${msid}`,
      ...(plan.namesSsrcs && sender !== undefined ? ssrcLines(sender.rtpParameters, msid) : []),
    ];
  });
}

/** The lines of a section that differ between publishers and players. */
type OwnLines = (section: AnsweredSection) => readonly string[];

function writeAnswer(offer: Offer, sections: readonly AnsweredSection[], local: LocalTransport, ownLines: OwnLines): string {
  const tags = bundleTags(offer, sections);
  const carrier = tags[0] ?? sections[0]?.mid;
  return sdpText([
    ...sessionLines(tags, offer.extmapAllowMixed, local),
    ...offer.sections.flatMap((offered) => {
      const section = sections.find(({ index }) => index === offered.index);
      if (section === undefined) return rejectedLines(offered);
      assertOffered(offered, section);
      const candidates = section.mid === carrier ? candidateLines(local) : [];
      return [
        ...transportLines({ ...offered, setup: offer.setup === 'passive' ? 'active' : 'passive', codecs: section.codecs }, local),
        ...(offered.extmapAllowMixed ? ['a=extmap-allow-mixed'] : []),
        ...candidates,
        ...ownLines(section),
        ...section.codecs.flatMap(codecLines),
      ];
    }),
  ]);
}

/** Accepted mids in the offerer's order, so that the offerer-tagged section leads where it is accepted (RFC 9143 §7.3.1). */
function bundleTags({ bundleMids }: Offer, sections: readonly AnsweredSection[]): string[] {
  return bundleMids.filter((mid) => sections.some((section) => section.mid === mid));
}

function rejectedLines({ type, protocol, formats, mid }: OfferedSection): string[] {
  return [`m=${type} 0 ${protocol} ${formats[0] ?? '0'}`, 'c=IN IP4 0.0.0.0', ...(mid === '' ? [] : [`a=mid:${mid}`]), 'a=inactive'];
}

function ssrcLines({ encodings, rtcp }: RtpParameters, msid: string): string[] {
  return (encodings ?? []).flatMap(({ ssrc, rtx }) => {
    if (ssrc === undefined) return [];
    const ssrcs = rtx === undefined ? [ssrc] : [ssrc, rtx.ssrc];
    return [
      ...(ssrcs.length > 1 ? [`a=ssrc-group:FID ${ssrcs.join(' ')}`] : []),
      ...ssrcs.flatMap((number) => [`a=ssrc:${number} cname:${rtcp?.cname ?? streamId}`, `a=ssrc:${number} msid:${msid}`]),
    ];
  });
}

/** The rule that a browser enforces by showing nothing at all: whatever is answered was offered, under the same number. */
function assertOffered({ index, mid, payloadTypes, extensions }: OfferedSection, section: AnsweredSection): void {
  const numbers = section.codecs.flatMap(({ offered, rtx }) => (rtx === undefined ? [offered.payloadType] : [offered.payloadType, rtx]));
  const stranger = numbers.find((number) => !payloadTypes.includes(number));
  if (stranger !== undefined) throw new TypeError(`payload type ${stranger} was not offered in section ${index}`);
  const uri = section.extensions
    .map((extension) => extension.uri)
    .find((answered) => extensions.every((extension) => extension.uri !== answered));
  if (uri !== undefined) throw new TypeError(`header extension ${uri} was not offered in section ${index}`);
  if (section.mid !== mid || section.codecs.length === 0) throw new TypeError(`section ${index} is not answered as planned`);
}

/** Ends the guarantee at mediasoup's side: what a consumer will really send is what the answer says. */
function assertAnswered(section: AnsweredSection | undefined, { codecs, headerExtensions }: RtpParameters): void {
  const numbers = section?.codecs.flatMap(({ offered, rtx }) => [offered.payloadType, rtx]) ?? [];
  const stranger = codecs.find(({ payloadType }) => !numbers.includes(payloadType));
  if (stranger !== undefined) throw new TypeError(`payload type ${stranger.payloadType} is sent but was not answered`);
  const extension = headerExtensions?.find(
    ({ id, uri }) => section?.extensions.some((answered) => answered.id === id && answered.uri === uri) !== true,
  );
  if (extension !== undefined) throw new TypeError(`header extension ${extension.uri} is sent but was not answered`);
}
