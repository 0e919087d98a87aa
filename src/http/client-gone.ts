import type { FastifyReply } from 'fastify';

const signals = new WeakMap<FastifyReply['raw'], AbortSignal>();

/** Fires when the connection ends before the reply is written. (A request's own `close` also follows its body, so it tells nothing.) */
export function clientGoneSignal({ raw }: FastifyReply): AbortSignal {
  const known = signals.get(raw);
  if (known !== undefined) return known;
  const gone = new AbortController();
  signals.set(raw, gone.signal);
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
