import type { Consumer, Producer, Router, RtpCapabilities } from 'mediasoup/types';
import { readSequenceParameters } from './h264-sps.ts';
import { codecLabel } from './router-codecs.ts';

/** How long after the first packet an SPS may take, in milliseconds; a stream is live at the latest then (design.md §4). */
const spsTimeoutMs = 2000;

/** Takes H264 as it comes; the number is not looked at. */
const rtpCapabilities: RtpCapabilities = { codecs: [{ ...codecLabel('H264'), preferredPayloadType: 96 }], headerExtensions: [] };

/**
 * Reads an H264 producer's packets in Node until its first SPS, and no longer.
 *
 * Must be opened before the producer's first packet. Resolves undefined when the producer closes first, or no SPS comes in time.
 */
export async function tapH264Profile(router: Router, producer: Producer): Promise<string | undefined> {
  const transport = await router.createDirectTransport();
  try {
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    return await firstProfile(consumer, producer);
  } finally {
    transport.close();
  }
}

async function firstProfile(consumer: Consumer, producer: Producer): Promise<string | undefined> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (profile: string | undefined): void => {
      clearTimeout(timer);
      consumer.removeAllListeners('rtp');
      producer.off('score', startTimer);
      resolve(profile);
    };
    const startTimer = (): void => {
      timer ??= setTimeout(() => {
        settle(undefined);
      }, spsTimeoutMs);
    };
    producer.on('score', startTimer);
    consumer.observer.once('close', () => {
      settle(undefined);
    });
    consumer.on('rtp', (packet) => {
      startTimer();
      const profile = readSequenceParameters(packet)?.profileLevelId;
      if (profile !== undefined) settle(profile);
    });
  });
}
