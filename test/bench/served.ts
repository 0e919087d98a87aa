import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { offerText } from '../fixtures/offers/corpus.ts';
import { Child } from './child.ts';
import { BenchGateway } from './gateway.ts';
import { exchange, type ViewerNumbers } from './load-viewer.ts';
import type { LoadLine } from './programs/load-viewers.ts';
import { percentile } from './report.ts';
import { payloadTypes } from './rtp-pattern.ts';

/** Who serves the stream: the gateway, or mediasoup alone. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly node: number;
  readonly workers: readonly number[];
}

/** mediasoup alone turns nobody away either, however busy it is. */
const withoutOverload = { SLUICE_LIMITS_EVENT_LOOP_DELAY: '0s', SLUICE_LIMITS_WORKER_CPU: '0' };

/** Settings of a gateway whose viewers are served as by mediasoup alone. */
export const withoutInstantJoin = { SLUICE_STREAMS_DEFAULT_INSTANT_JOIN: 'never' };

const offer = offerText('libdatachannel-whep').replaceAll(/\b102\b/g, String(payloadTypes.video));

/** Opens the gateway with one worker, and a publisher; `settings` are environment variables. */
export async function openGateway(program: string, settings: Readonly<Record<string, string>> = {}): Promise<Served> {
  const gateway = await BenchGateway.open(program, { workers: 1, settings: { ...withoutOverload, ...settings } });
  return withPublisher({ url: gateway.url, node: gateway.pid, workers: await gateway.workerPids() }, gateway);
}

/** Opens mediasoup without a gateway, and a publisher. */
export async function openBare(): Promise<Served> {
  const child = new Child('bare-fan-out', []);
  const { port, workers } = JSON.parse(await child.line()) as { port: number; workers: readonly number[] };
  return withPublisher({ url: `http://127.0.0.1:${port}`, node: child.pid, workers }, child);
}

async function withPublisher(served: Omit<Served, typeof Symbol.asyncDispose>, owner: AsyncDisposable): Promise<Served> {
  await using opened = new AsyncDisposableStack();
  opened.use(owner);
  const publisher = opened.use(new Child('load-publisher', [`${served.url}/whip/live`]));
  await publisher.line();
  await delay(1000); // the stream is live by then
  const parts = opened.move();
  return { ...served, [Symbol.asyncDispose]: async () => parts.disposeAsync() };
}

/** Numbers for which the gateway needs a pipe to an edge router. */
export const otherNumbers: ViewerNumbers = { video: 102, audio: 111 };

/** Viewers of a stream, in a process of their own. */
export class Audience implements AsyncDisposable {
  readonly #child: Child;
  readonly #viewers: number;

  constructor(
    { url }: Served,
    {
      viewers,
      perSecond = 50,
      numbers = payloadTypes,
      churn = 0,
    }: { readonly viewers: number; readonly perSecond?: number; readonly numbers?: ViewerNumbers; readonly churn?: number },
  ) {
    this.#viewers = viewers;
    this.#child = new Child('load-viewers', [
      ...['--endpoint', `${url}/whep/live`, '--viewers', String(viewers), '--perSecond', String(perSecond)],
      ...['--churn', String(churn), '--video', String(numbers.video), '--audio', String(numbers.audio)],
    ]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async line(): Promise<LoadLine> {
    return JSON.parse(await this.#child.line()) as LoadLine;
  }

  /** The first line in which all of them play. Throws when they do not in a minute. */
  async allPlay(): Promise<LoadLine> {
    const from = performance.now();
    for (;;) {
      const line = await this.line();
      if (line.playing >= this.#viewers) return line;
      if (performance.now() - from > 60_000) throw new Error(`only ${line.playing} of ${this.#viewers} viewers play after a minute`);
    }
  }

  /** Stops their process until the result is disposed of: they are sent to as before, what comes is dropped by the kernel, and nobody needs CPU for it. */
  sleep(): Disposable {
    process.kill(this.pid, 'SIGSTOP');
    return { [Symbol.dispose]: () => process.kill(this.pid, 'SIGCONT') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

/** How long players took to get their answers, in milliseconds. */
export interface PostTimes {
  /** How many players. */
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** After this time no more is POSTed, in milliseconds: viewers whose process stands still for longer may be taken for gone. */
const longestMs = 12_000;

/** POST→201 of at most so many players, one after the other, as somebody sees it who has nothing else to do. */
export async function timePosts({ url }: Served, most: number): Promise<PostTimes> {
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const tookMs: number[] = [];
  while (tookMs.length < most && performance.now() - startedAt < longestMs) {
    const from = performance.now();
    const { location } = await exchange('POST', `${url}/whep/live`, { agent, body: offer });
    tookMs.push(performance.now() - from);
    await exchange('DELETE', location, { agent });
  }
  agent.destroy();
  return { count: tookMs.length, p50: percentile(tookMs, 0.5), p99: percentile(tookMs, 0.99) };
}
