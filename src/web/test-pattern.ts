import { drawBackground, drawFrame } from './pattern-drawing.ts';

/** The size and speed of a test pattern. */
export interface PatternFormat {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Written on the picture. */
  readonly title: string;
}

/** A tone that is hardly noticed, and the peep on each full second. */
const hum = { hertz: 220, level: 0.02 };
const peep = { hertz: 880, level: 0.25, seconds: 0.08 };

/**
 * Moving pictures and sound that need no camera: colour bars, a clock to read the delay from, and a flash with a peep on each full second
 * to see whether sound and picture are together.
 */
export class TestPattern {
  /** One video and one stereo audio track. */
  readonly stream: MediaStream;
  readonly #ticker: Worker;
  readonly #audio: AudioContext;

  /** Begins to draw and sound. */
  static open(format: PatternFormat): TestPattern {
    const canvas = document.createElement('canvas');
    canvas.width = format.width;
    canvas.height = format.height;
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new TypeError('This browser cannot draw.');
    return new TestPattern(format, canvas, context);
  }

  private constructor(format: PatternFormat, canvas: HTMLCanvasElement, context: CanvasRenderingContext2D) {
    this.#audio = new AudioContext({ sampleRate: 48_000 });
    const { track, sound } = openSound(this.#audio);
    const background = drawBackground(format);
    let second = -1;
    const draw = (): void => {
      const now = new Date();
      drawFrame(context, background, { ...format, now });
      if (now.getSeconds() !== second) sound();
      second = now.getSeconds();
    };
    draw();
    this.stream = canvas.captureStream(format.framesPerSecond);
    this.stream.addTrack(track);
    this.#ticker = new Worker(new URL('./pattern-ticker.js', import.meta.url), { type: 'module' });
    this.#ticker.addEventListener('message', draw);
    this.#ticker.postMessage(format.framesPerSecond);
  }

  /** Lets the sound begin where the browser held it back until somebody touched the page. */
  resume(): void {
    void this.#audio.resume();
  }

  /** Stops drawing, the sound and both tracks. */
  close(): void {
    this.#ticker.terminate();
    for (const track of this.stream.getTracks()) track.stop();
    void this.#audio.close();
  }
}

/** A quiet hum on the left, its fifth on the right, and a function that peeps once on both. */
function openSound(audio: AudioContext): { track: MediaStreamTrack; sound: () => void } {
  const destination = audio.createMediaStreamDestination();
  const merger = audio.createChannelMerger(2);
  merger.connect(destination);
  oscillate(audio, hum.hertz, hum.level).connect(merger, 0, 0);
  oscillate(audio, hum.hertz * 1.5, hum.level).connect(merger, 0, 1);
  const peeper = oscillate(audio, peep.hertz, 0);
  peeper.connect(merger, 0, 0);
  peeper.connect(merger, 0, 1);
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new TypeError('This browser cannot make sound.');
  const sound = (): void => {
    const { currentTime } = audio;
    peeper.gain.setTargetAtTime(peep.level, currentTime, 0.005);
    peeper.gain.setTargetAtTime(0, currentTime + peep.seconds, 0.01);
  };
  return { track, sound };
}

function oscillate(audio: AudioContext, hertz: number, level: number): GainNode {
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.value = level;
  oscillator.connect(gain);
  oscillator.start();
  return gain;
}
