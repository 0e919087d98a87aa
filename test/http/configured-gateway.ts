import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import request from 'supertest';
import { expect, test as base } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import type { Host } from '../../src/config/host.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type Gateway, openGateway } from '../../src/gateway.ts';

/** A gateway that is wired as `npm start` wires it. */
export interface ConfiguredGateway extends Gateway {
  readonly url: string;
}

/** What of it is no setting. */
interface ConfiguredOptions {
  readonly logger?: Logger;
  readonly farewellMs?: number;
  readonly yaml?: string;
  /** Default: the machine has no programs. */
  readonly findProgram?: Host['findProgram'];
}

/** Opens a gateway on free ports of 127.0.0.1 with settings as the environment and a file give them; close it with `await using`. */
export async function openConfigured(
  environment: Record<string, string> = {},
  { logger = pino({ level: 'silent' }), farewellMs = 0, yaml = '', findProgram = () => undefined }: ConfiguredOptions = {},
): Promise<ConfiguredGateway> {
  const onFreePorts = { SLUICE_HTTP_PORT: '0', SLUICE_RTC_PORT: '0', SLUICE_RTC_LISTEN: '127.0.0.1', SLUICE_RTC_WORKERS: '1' };
  const forgetful = { SLUICE_EGRESS_STATE_DIRECTORY: 'none' };
  // Tests share their cores with others: that is no reason to shed load.
  const unhurried = { SLUICE_LIMITS_EVENT_LOOP_DELAY: '0s', SLUICE_LIMITS_WORKER_CPU: '0' };
  using file = writeTemporary(yaml);
  const settings = loadSettings({ file: file.path, environment: { ...onFreePorts, ...unhurried, ...forgetful, ...environment }, cores: 1 });
  const host = { cores: 1, interfaces: {}, findProgram, socketBufferBytes: undefined };
  const gateway = await openGateway(parseConfig(settings), { logger, host, farewellMs });
  return Object.assign(gateway, { url: `http://127.0.0.1:${gateway.http.port}` });
}

function writeTemporary(text: string): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
  const path = join(folder, 'sluice.yaml');
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** An offer that a real program sent. */
export function readOffer(name: string): string {
  return readFileSync(new URL(`../fixtures/offers/${name}.sdp`, import.meta.url), 'utf8');
}

/** A test that gets a gateway of its own. */
export const test = base.extend<{ gateway: ConfiguredGateway }>({
  gateway: async ({}, use) => {
    await using gateway = await openConfigured();
    await use(gateway);
  },
});

/** Publishes Chromium's offer. */
export async function publish({ url }: ConfiguredGateway) {
  const response = await request(url).post('/whip/show').type('application/sdp').buffer(true).send(readOffer('chromium-plain'));
  expect(response.status).toBe(201);
  return { response, path: new URL(response.get('Location') ?? '').pathname, etag: response.get('ETag') ?? '' };
}
