/** Numbers that the bench's peers use: those of the origin router, so that a viewer needs no pipe, unless the viewers choose others. */
export const payloadTypes = { video: 108, audio: 111 } as const;
export const ssrcs = { video: 1111, audio: 2222 } as const;

/** 720p with 30 frames a second as FFmpeg sends it at 2 Mbit/s: a key frame every 2 s of about 25 kB, others of about 8 kB. */
const pattern = { framesPerSecond: 30, keyFrameEvery: 60, keyFrameBytes: 25_000, frameBytes: 8_050, payloadBytes: 1_180 } as const;

export const frameMs = 1000 / pattern.framesPerSecond;
export const audioMs = 20;

/** 64 kbit/s. */
const audioBytes = 160;

const parameterSets = Buffer.from(
  '7800 1b 67640c1facd940780227e5c044000003000400000300283c60c658 0004 68ee3c80'.replaceAll(' ', ''),
  'hex',
);

/** Makes the packets of a stream that nobody has to encode: H264 as RFC 6184 packs it, with the sizes and bursts of a real encoder. */
export class RtpPattern {
  #sequence = { video: 0, audio: 0 };
  #frame = 0;
  #audioFrame = 0;

  /** The next video frame. */
  video(): Buffer[] {
    const isKey = this.#frame % pattern.keyFrameEvery === 0;
    const timestamp = this.#frame * (90_000 / pattern.framesPerSecond);
    this.#frame += 1;
    const payloads = [...(isKey ? [parameterSets] : []), ...fragments(isKey)];
    return payloads.map((payload, index) => {
      const marker = index === payloads.length - 1;
      return packet({ kind: 'video', marker, sequence: (this.#sequence.video += 1), timestamp, payload });
    });
  }

  /** The next 20 ms of sound. */
  audio(): Buffer {
    this.#audioFrame += 1;
    const payload = Buffer.alloc(audioBytes, 0xf8);
    return packet({ kind: 'audio', marker: false, sequence: (this.#sequence.audio += 1), timestamp: this.#audioFrame * 960, payload });
  }
}

/** FU-A fragments of one slice (RFC 6184 §5.8). */
function fragments(isKey: boolean): Buffer[] {
  const count = Math.ceil((isKey ? pattern.keyFrameBytes : pattern.frameBytes) / pattern.payloadBytes);
  const type = isKey ? 5 : 1;
  return Array.from({ length: count }, (_, index) => {
    const fragment = Buffer.alloc(pattern.payloadBytes, 0x5a);
    fragment[0] = 0x7c;
    fragment[1] = type | (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x40 : 0);
    return fragment;
  });
}

function packet({
  kind,
  marker,
  sequence,
  timestamp,
  payload,
}: {
  readonly kind: 'video' | 'audio';
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8((marker ? 0x80 : 0) | payloadTypes[kind], 1);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrcs[kind], 8);
  return Buffer.concat([header, payload]);
}
