import type { PublishSettings } from './publish-settings.ts';
import { TestPattern } from './test-pattern.ts';

/** Something to publish, and how to end it. */
export interface Capture {
  readonly stream: MediaStream;
  /** Lets the sound begin, after a click, where the browser held it back. */
  resume(): void;
  /** Stops every track. */
  close(): void;
}

/** Opens the camera, the screen or the test pattern. Throws an error whose message people understand. */
export async function openCapture(settings: PublishSettings, title: string): Promise<Capture> {
  const { source, width, height, framesPerSecond } = settings;
  if (source === 'pattern') return TestPattern.open({ width, height, framesPerSecond, title });
  try {
    return captureOf(await (source === 'camera' ? openCamera(settings) : openScreen(settings)));
  } catch (cause) {
    throw new Error(explain(cause, source), { cause });
  }
}

/** Whether the browser lets this page use cameras at all; without TLS it does not. */
export function canCapture(source: 'camera' | 'screen'): boolean {
  if (!('mediaDevices' in navigator)) return false;
  return source === 'camera' ? 'getUserMedia' in navigator.mediaDevices : 'getDisplayMedia' in navigator.mediaDevices;
}

async function openCamera(settings: PublishSettings): Promise<MediaStream> {
  const video = settings.camera === 'none' ? false : { ...pictureOf(settings), ...deviceOf(settings.camera) };
  const audio = microphoneOf(settings);
  return navigator.mediaDevices.getUserMedia({ video, audio });
}

/** The screen with its own sound where the browser offers that, else with the microphone. */
async function openScreen(settings: PublishSettings): Promise<MediaStream> {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: pictureOf(settings), audio: { ...plainSound } });
  if (stream.getAudioTracks().length > 0 || settings.microphone === 'none') return stream;
  try {
    const sound = await navigator.mediaDevices.getUserMedia({ audio: microphoneOf(settings) });
    for (const track of sound.getAudioTracks()) stream.addTrack(track);
  } catch {
    // Nobody asked for a microphone by name: the screen alone is what was wanted.
  }
  return stream;
}

/** Sound as it is: music and games suffer from what helps voices. */
const plainSound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 2 } as const;

function microphoneOf({ microphone }: PublishSettings): MediaTrackConstraints | boolean {
  return microphone === 'none' ? false : { channelCount: { ideal: 2 }, ...deviceOf(microphone) };
}

function pictureOf({ width, height, framesPerSecond }: PublishSettings): MediaTrackConstraints {
  return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: framesPerSecond } };
}

function deviceOf(deviceId: string): MediaTrackConstraints {
  return deviceId === '' ? {} : { deviceId: { exact: deviceId } };
}

function captureOf(stream: MediaStream): Capture {
  return {
    stream,
    resume: () => {},
    close: () => {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

function explain(cause: unknown, source: 'camera' | 'screen'): string {
  const name = cause instanceof Error ? cause.name : '';
  const device = source === 'camera' ? 'the camera and the microphone' : 'the screen';
  if (name === 'NotAllowedError') return `The browser was not allowed to use ${device}. Allow it and try again.`;
  if (name === 'NotFoundError') return 'No such camera or microphone was found. Connect one, or choose the test pattern.';
  if (name === 'NotReadableError') return `Another program is using ${device}. Close it and try again.`;
  if (name === 'OverconstrainedError') return 'That device is no longer there. Choose another one.';
  return `The browser could not open ${device}.`;
}
