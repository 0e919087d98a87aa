/**
 * One stream to many viewers with nothing but mediasoup: what the gateway is compared with. It knows the bench's own peers only.
 *
 * Says its port once; then POST to `/whip/live` and `/whep/live` as at the gateway, and DELETE.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as mediasoup from 'mediasoup';
import type { DtlsParameters, FingerprintAlgorithm, Producer, RtpCodecCapability, WebRtcTransport } from 'mediasoup/types';
import { payloadTypes, ssrcs } from '../rtp-pattern.ts';

process.once('disconnect', () => process.exit()); // whoever started it is gone
process.once('SIGTERM', () => process.exit()); // mediasoup ends its workers then, and nothing else

const bufferBytes = 4 * 1024 * 1024;
const worker = await mediasoup.createWorker();
const listenInfos = (['udp', 'tcp'] as const).map((protocol) => ({
  ...{ protocol, ip: '127.0.0.1', sendBufferSize: bufferBytes, recvBufferSize: bufferBytes },
}));
const webRtcServer = await worker.createWebRtcServer({ listenInfos });
const feedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];
const h264 = { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 };
const codecs: RtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: payloadTypes.audio, rtcpFeedback: [] },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: h264,
    preferredPayloadType: payloadTypes.video,
    rtcpFeedback: feedback,
  },
];
const router = await worker.createRouter({ mediaCodecs: codecs });
const producers: Producer[] = [];
const sessions = new Map<string, WebRtcTransport>();

async function open(offer: string): Promise<{ readonly transport: WebRtcTransport; readonly remote: DtlsParameters }> {
  const [, algorithm = '', value = ''] = /a=fingerprint:(\S+) (\S+)/.exec(offer) ?? [];
  const transport = await router.createWebRtcTransport({ webRtcServer, preferUdp: true, iceConsentTimeout: 0 });
  sessions.set(transport.id, transport);
  return { transport, remote: { role: 'client', fingerprints: [{ algorithm: algorithm as FingerprintAlgorithm, value }] } };
}

async function publish(offer: string): Promise<{ readonly id: string; readonly answer: string }> {
  const { transport, remote } = await open(offer);
  const [video, audio] = await Promise.all([
    transport.produce({
      kind: 'video',
      rtpParameters: {
        mid: 'video',
        codecs: [{ mimeType: 'video/H264', clockRate: 90_000, payloadType: payloadTypes.video, parameters: h264, rtcpFeedback: feedback }],
        encodings: [{ ssrc: ssrcs.video }],
      },
    }),
    transport.produce({
      kind: 'audio',
      rtpParameters: {
        mid: 'audio',
        codecs: [{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: payloadTypes.audio }],
        encodings: [{ ssrc: ssrcs.audio }],
      },
    }),
    transport.connect({ dtlsParameters: remote }),
  ]);
  producers.push(video, audio);
  return { id: transport.id, answer: answerText(transport, 'recvonly', {}) };
}

async function play(offer: string): Promise<{ readonly id: string; readonly answer: string }> {
  const { transport, remote } = await open(offer);
  const [consumers] = await Promise.all([
    Promise.all(
      producers.map(async ({ id: producerId, kind }) =>
        transport.consume({ producerId, mid: kind, paused: true, rtpCapabilities: { codecs, headerExtensions: [] } }),
      ),
    ),
    transport.connect({ dtlsParameters: remote }),
  ]);
  transport.on('dtlsstatechange', (state) => {
    if (state === 'connected') for (const consumer of consumers) void consumer.resume();
  });
  const ssrcOf = (wanted: 'video' | 'audio') => consumers.find(({ kind }) => kind === wanted)?.rtpParameters.encodings?.[0]?.ssrc;
  return { id: transport.id, answer: answerText(transport, 'sendonly', { video: ssrcOf('video'), audio: ssrcOf('audio') }) };
}

function answerText(
  { iceParameters, iceCandidates, dtlsParameters }: WebRtcTransport,
  direction: 'sendonly' | 'recvonly',
  sent: Partial<Record<'video' | 'audio', number | undefined>>,
): string {
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
  const section = (kind: 'video' | 'audio', lines: readonly string[]): string[] => [
    `m=${kind} 7 UDP/TLS/RTP/SAVPF ${payloadTypes[kind]}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${kind}`,
    `a=${direction}`,
    'a=rtcp-mux',
    ...lines.map((line) => `a=${line}`),
    ...(sent[kind] === undefined ? [] : [`a=ssrc:${sent[kind]} cname:bare`]),
    'a=setup:passive',
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    `a=fingerprint:sha-256 ${fingerprint?.value ?? ''}`,
    ...iceCandidates
      .filter(({ protocol }) => protocol === 'udp')
      .map(({ foundation, priority, address, port }) => `a=candidate:${foundation} 1 udp ${priority} ${address} ${port} typ host`),
    'a=end-of-candidates',
  ];
  const number = payloadTypes.video;
  const lines = [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-lite', 'a=group:BUNDLE video audio'],
    ...section('video', [
      `rtpmap:${number} H264/90000`,
      `fmtp:${number} profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1`,
      `rtcp-fb:${number} nack`,
      `rtcp-fb:${number} nack pli`,
    ]),
    ...section('audio', [`rtpmap:${payloadTypes.audio} opus/48000/2`]),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  if (request.method === 'DELETE') {
    const id = request.url?.split('/').at(-1) ?? '';
    sessions.get(id)?.close();
    sessions.delete(id);
    response.end();
    return;
  }
  const made = await (request.url === '/whip/live' ? publish(body) : play(body));
  response.writeHead(201, { 'Content-Type': 'application/sdp', Location: `${request.url ?? ''}/${made.id}` });
  response.end(made.answer);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end();
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, workers: [worker.pid] }));
});
