import type { Consumer } from 'mediasoup/types';
import type { LayerIndices } from './track.ts';

/** Encodings become usable with their first sender report, a second or so after their first packet. */
const lookEveryMs = 1000;

/** A viewer that has not climbed by then is held back by its network, and mediasoup moves it when that allows. */
const maxLooks = 10;

/**
 * Lets a viewer of simulcast climb to encodings that come up after it joined.
 *
 * mediasoup 3.27 looks for a better encoding once, on the encoding's first sender report, but counts it as usable only from the RTP packet
 * after that report. Without loss and without a bandwidth estimate nothing makes it look again. Changed preferred layers do.
 * `wanted` tells the layers that the viewer shall have now, which the consumer itself knows a little later.
 */
export function climbWithEncodings(consumer: Consumer, wanted: () => LayerIndices | undefined): void {
  let timer: NodeJS.Timeout | undefined;
  let looksLeft = 0;
  let highestSeen = -1;
  const look = (): void => {
    timer = undefined;
    if (consumer.closed || looksLeft === 0 || isAtTop(consumer, wanted())) return;
    looksLeft -= 1;
    if (!consumer.paused) void lookAgain(consumer, wanted()).catch(() => undefined); // closed meanwhile: nobody is left to climb
    timer = setTimeout(look, lookEveryMs);
  };
  consumer.on('score', () => {
    const highest = highestSending(consumer);
    if (highest > highestSeen) {
      looksLeft = maxLooks;
      timer ??= setTimeout(look, lookEveryMs);
    }
    highestSeen = highest;
  });
  consumer.observer.once('close', () => {
    clearTimeout(timer);
  });
}

/** Index of the largest encoding from which packets arrive; -1 for none. */
function highestSending({ score: { producerScores } }: Consumer): number {
  return producerScores.findLastIndex((score) => score > 0);
}

function isAtTop(consumer: Consumer, wanted: LayerIndices | undefined): boolean {
  const { currentLayers } = consumer;
  const highest = Math.min(highestSending(consumer), wanted?.spatialLayer ?? Infinity);
  return (currentLayers?.spatialLayer ?? -1) >= highest;
}

/** Prefers one temporal layer less, and at once the wanted ones again, before the worker sees another packet. */
async function lookAgain(consumer: Consumer, wanted: LayerIndices | undefined): Promise<void> {
  const { spatialLayer = 0, temporalLayer = 0 } = wanted ?? {};
  const aside = { spatialLayer, temporalLayer: temporalLayer === 0 ? 1 : temporalLayer - 1 };
  await Promise.all([consumer.setPreferredLayers(aside), consumer.setPreferredLayers({ spatialLayer, temporalLayer })]);
}
