/** Publishes real 720p and sound to the WHIP endpoint that is its argument, until whoever started it is gone; says `live` once media flows. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';

const gone = once(process, 'disconnect');
const publisher = await EncodedPublisher.open(process.argv[2] ?? '', { height: 720, keyFrameSeconds: 2 });
await Promise.race([delay(2_000), gone]);
console.log('live');
await gone;
await publisher[Symbol.asyncDispose](); // its FFmpeg would go on
process.exit(); // threads of libdatachannel may keep it for ever
