import type { FastifyReply } from 'fastify';

/** Fires when the connection ends before the reply is written. (A request's own `close` also follows its body, so it tells nothing.) */
export function clientGoneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
