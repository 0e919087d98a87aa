/** Publishes real 720p and sound to the WHIP endpoint that is its argument, until it is killed; says `live` once media flows. */
import { setTimeout as delay } from 'node:timers/promises';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';

process.once('disconnect', () => process.exit()); // whoever started it is gone

const publisher = await EncodedPublisher.open(process.argv[2] ?? '', { height: 720, keyFrameSeconds: 2 });
await delay(2_000);
console.log('live');
setInterval(() => publisher.session.location, 60_000); // what is not held would be collected
