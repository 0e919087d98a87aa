import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseUdpSockets } from '../../media/udp-sockets.ts';

const tables = ['/proc/net/udp', '/proc/net/udp6'];

/** How often the table is read while a program starts, in milliseconds. */
const pollMs = 5;

/** How long to wait where no table tells, in milliseconds: the longest that was seen. */
const blindWaitMs = 1_200;

/** The local ports in a table of UDP sockets as Linux prints it. */
export function readPorts(table: string): readonly number[] {
  return parseUdpSockets(table).map(({ port }) => port);
}

/** UDP ports that somebody on this machine has bound; undefined where the system does not tell. */
export async function boundPorts(): Promise<ReadonlySet<number> | undefined> {
  const texts = await Promise.all(tables.map(async (table) => readFile(table, 'latin1').catch(() => undefined)));
  return texts[0] === undefined ? undefined : new Set(texts.flatMap((text) => readPorts(text ?? '')));
}

/** Waits until all of `ports` are bound; false when `timeoutMs` passes or `signal` fires before. */
export async function waitUntilBound(ports: readonly number[], timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!signal.aborted && performance.now() < deadline) {
    const bound = await boundPorts();
    if (bound !== undefined && ports.every((port) => bound.has(port))) return true;
    await delay(bound === undefined ? blindWaitMs : pollMs, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    if (bound === undefined) return !signal.aborted;
  }
  return false;
}
