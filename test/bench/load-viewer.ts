import { once } from 'node:events';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Audio, PeerConnection, RtcpReceivingSession, type Track, Video } from 'node-datachannel';
import { Reception } from './reception.ts';

/** Payload types that a viewer offers. */
export interface ViewerNumbers {
  readonly video: number;
  readonly audio: number;
}

/** How a viewer joins. */
export interface JoinOptions {
  readonly agent: Agent;
  readonly numbers: ViewerNumbers;
}

/** One viewer on libdatachannel: real ICE, DTLS, SRTP and receiver reports, no decoder. */
export class LoadViewer {
  readonly video = new Reception(90_000);
  readonly audio = new Reception(48_000);
  readonly postMs: number;
  /** From the POST to ICE and DTLS being up, in milliseconds; undefined until then. */
  connectMs: number | undefined;
  /** From the POST to the first packet of video, in milliseconds; undefined until then. */
  firstRtpMs: number | undefined;
  readonly #location: string;
  readonly #connection: PeerConnection;
  /** Kept: a track that is garbage-collected stops receiving. */
  readonly #tracks: readonly Track[];

  static async join(endpoint: string, { agent, numbers }: JoinOptions): Promise<LoadViewer> {
    const connection = new PeerConnection('viewer', { iceServers: [], bindAddress: '127.0.0.1' });
    try {
      const video = new Video('video', 'RecvOnly');
      video.addH264Codec(numbers.video);
      const audio = new Audio('audio', 'RecvOnly');
      audio.addOpusCodec(numbers.audio);
      const tracks = [connection.addTrack(video), connection.addTrack(audio)] as const;
      const offer = await new Promise<string>((resolve) => {
        connection.onLocalDescription(resolve);
        connection.setLocalDescription();
      });
      const startedAt = performance.now();
      const { location, body } = await exchange('POST', endpoint, { agent, body: offer });
      return new LoadViewer(connection, tracks, { startedAt, location, answer: body });
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  private constructor(
    connection: PeerConnection,
    tracks: readonly [video: Track, audio: Track],
    { startedAt, location, answer }: { readonly startedAt: number; readonly location: string; readonly answer: string },
  ) {
    this.postMs = performance.now() - startedAt;
    this.#location = location;
    this.#connection = connection;
    this.#tracks = tracks;
    connection.onStateChange((state) => {
      if (state === 'connected') this.connectMs ??= performance.now() - startedAt;
    });
    for (const [track, reception] of [[tracks[0], this.video] as const, [tracks[1], this.audio] as const]) {
      track.setMediaHandler(new RtcpReceivingSession());
      track.onMessage((packet) => {
        const type = (packet[1] ?? 0) & 0x7f;
        if (type >= 64 && type < 96) return; // RTCP
        const nowMs = performance.now();
        reception.add(packet, nowMs);
        if (reception === this.video) this.firstRtpMs ??= nowMs - startedAt;
      });
    }
    connection.setRemoteDescription(answer, 'answer');
  }

  async leave(agent: Agent): Promise<void> {
    await exchange('DELETE', this.#location, { agent });
    this.#connection.close();
    for (const track of this.#tracks) track.close();
  }

  /** Vanishes without a word. */
  close(): void {
    this.#connection.close();
  }
}

/** One request. Throws when it is refused. */
export async function exchange(
  method: 'POST' | 'DELETE',
  url: string,
  { agent, body = '' }: { readonly agent: Agent; readonly body?: string },
): Promise<{ readonly location: string; readonly body: string }> {
  const headers = {
    'Content-Length': Buffer.byteLength(body),
    ...(method === 'POST' ? { 'Content-Type': 'application/sdp', 'User-Agent': 'libdatachannel' } : {}),
  };
  const outgoing = request(url, { method, agent, headers });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const reply = await text(response);
  const { statusCode = 0 } = response;
  if (statusCode >= 300) throw new Error(`${method} was answered with ${statusCode}: ${reply}`);
  return { location: new URL(response.headers.location ?? '', url).href, body: reply };
}
