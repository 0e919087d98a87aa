import type { MediaEngine } from './engine.ts';
import { JoinDesk } from './instant/join-desk.ts';
import { logMediasoup } from './mediasoup-log.ts';
import { RoutedStream } from './stream-media.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

/** Options of {@link openEngine}. */
export type EngineOptions = WorkerPoolOptions;

/** Starts the workers and binds their ports. Throws `ERR_MEDIA_UNAVAILABLE` when that fails; then nothing is left running. */
export async function openEngine(options: EngineOptions): Promise<MediaEngine> {
  logMediasoup(options.logger);
  const pool = await WorkerPool.open(options);
  const joins = new JoinDesk(pool.observer);
  const close = async (): Promise<void> => pool.close();
  return {
    observer: pool.observer,
    get ports() {
      return pool.ports;
    },
    openStream: () => new RoutedStream(pool, joins),
    loads: () => pool.loads(),
    pipes: async () => pool.pipeReport(),
    workers: async () => pool.reports(),
    instantJoins: () => ({ injections: joins.injections, cacheBytes: joins.cacheBytes }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
