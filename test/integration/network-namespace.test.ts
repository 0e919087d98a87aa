import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openNamespace, removeLeftNetworks } from '../fixtures/network-namespace.ts';

const fixture = fileURLToPath(new URL('../fixtures/network-namespace.ts', import.meta.url));

/** Makes a network, says its address, and stays. */
const program = `
  import { NetworkNamespace } from ${JSON.stringify(fixture)};
  console.log(NetworkNamespace.open().address);
  setInterval(() => undefined, 1000);`;

test('the network of tests that were killed is removed before the next ones, and those of others stay', async ({ skip }) => {
  using own = openNamespace(skip);
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(owner, 'exit');
  const [said] = (await once(owner.stdout, 'data')) as [Buffer];
  const address = said.toString().trim();
  removeLeftNetworks();
  expect(addresses()).toEqual(expect.arrayContaining([own.address, address]));

  owner.kill('SIGKILL');
  await exit;
  expect(addresses()).toContain(address);
  removeLeftNetworks();
  expect(addresses()).not.toContain(address);
  expect(addresses()).toContain(own.address);
});

function addresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries = []) => entries.map((entry) => entry.address));
}
