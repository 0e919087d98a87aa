/** Publishes 720p of 2 Mbit/s to the WHIP endpoint that is its argument, until it is killed; says `live` once it is connected. */
import { Agent } from 'node:http';
import { Audio, PeerConnection, RtcpReceivingSession, type Track, Video } from 'node-datachannel';
import { exchange } from '../load-viewer.ts';
import { audioMs, frameMs, payloadTypes, RtpPattern, ssrcs } from '../rtp-pattern.ts';

process.once('disconnect', () => process.exit()); // whoever started it is gone

const connection = new PeerConnection('publisher', { iceServers: [], bindAddress: '127.0.0.1' });
const video = new Video('video', 'SendOnly');
video.addH264Codec(payloadTypes.video);
video.addSSRC(ssrcs.video, 'load', 'stream', 'video');
const audio = new Audio('audio', 'SendOnly');
audio.addOpusCodec(payloadTypes.audio);
audio.addSSRC(ssrcs.audio, 'load', 'stream', 'audio');
const tracks = { video: connection.addTrack(video), audio: connection.addTrack(audio) };
const receiving = new RtcpReceivingSession();
tracks.video.setMediaHandler(receiving);

const offer = await new Promise<string>((resolve) => {
  connection.onLocalDescription(resolve);
  connection.setLocalDescription();
});
const { body } = await exchange('POST', process.argv[2] ?? '', { agent: new Agent(), body: offer });
connection.onStateChange((state) => {
  if (state === 'connected') console.log('live');
});
connection.setRemoteDescription(body, 'answer');

/** Keeps a rate however late the timer is: what is due is sent. */
function every(periodMs: number, send: () => void): void {
  let dueMs = performance.now();
  setInterval(() => {
    while (dueMs <= performance.now()) {
      dueMs += periodMs;
      send();
    }
  }, periodMs / 2);
}

function sendOn(track: Track, packet: Buffer): void {
  if (track.isOpen()) track.sendMessageBinary(packet);
}

const pattern = new RtpPattern();
every(frameMs, () => {
  for (const packet of pattern.video()) sendOn(tracks.video, packet);
});
every(audioMs, () => {
  sendOn(tracks.audio, pattern.audio());
});
