import { test, type TestContext } from 'vitest';
import { type ConfiguredGateway, openConfigured } from '../http/configured-gateway.ts';
import { type RowId, titleOf } from './rows.ts';

interface Fixtures {
  /** A gateway with the defaults of `npm start`, of this test alone. */
  readonly gateway: ConfiguredGateway;
}

type Body = (context: TestContext & Fixtures) => Promise<void>;

const withGateway = test.extend<Fixtures>({
  gateway: async ({}, use) => {
    await using gateway = await openConfigured();
    await use(gateway);
  },
});

/** A test of one row of the table, which names it: `row('E06', …)`, or with what is special about this case `row('E06', '…', …)`. */
export function row(id: RowId, ...rest: readonly [Body] | readonly [detail: string, body: Body, timeoutMs?: number]): void {
  if (rest.length === 1) {
    withGateway(titleOf(id), rest[0]);
    return;
  }
  const [detail, body, timeoutMs] = rest;
  withGateway(`${titleOf(id)} (${detail})`, timeoutMs === undefined ? {} : { timeout: timeoutMs }, body);
}
