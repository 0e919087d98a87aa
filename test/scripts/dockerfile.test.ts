import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gatewayFlags } from '../../scripts/bootstrap/gateway-flags.mjs';

const root = join(import.meta.dirname, '../..');
const read = async (path: string) => readFile(join(root, path), 'utf8');

/** The instructions of the Dockerfile, continued lines joined. */
async function instructions(): Promise<{ readonly name: string; readonly words: readonly string[] }[]> {
  const text = (await read('Dockerfile')).replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n/g, '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name = '', ...words] = line.split(/\s+/);
      return { name, words };
    });
}

test('everything that the image copies exists and reaches the builder', async () => {
  const copies = (await instructions()).filter(({ name, words }) => name === 'COPY' && !words[0]?.startsWith('--from'));
  const sources = copies.flatMap(({ words }) => words.slice(0, -1));
  const admitted = (await read('.dockerignore')).split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  expect(sources.length).toBeGreaterThan(5);
  for (const source of sources) {
    expect(existsSync(join(root, source)), source).toBe(true);
    expect(admitted, source).toContain(source.split('/')[0]);
  }
});

test('every stage that the image copies from exists', async () => {
  const stages = (await instructions()).flatMap(({ name, words }) => (name === 'FROM' && words[1] === 'AS' ? [words[2]] : []));
  const used = (await read('Dockerfile')).matchAll(/COPY --from=(\S+)/g);
  expect(stages).toEqual(expect.arrayContaining([...used].map(([, stage]) => stage)));
});

test('the image runs as somebody without rights, with a health check and a stop signal', async () => {
  const names = (await instructions()).map(({ name }) => name);
  const last = names.slice(names.lastIndexOf('FROM'));
  expect(last).toEqual(expect.arrayContaining(['USER', 'HEALTHCHECK', 'STOPSIGNAL', 'ENTRYPOINT', 'EXPOSE']));
  expect((await instructions()).find(({ name }) => name === 'USER')?.words).toEqual(['node']);
});

test('the image builds the worker from the same packages as the bootstrap', async () => {
  expect(await read('Dockerfile')).toContain('< scripts/worker/build-packages.txt');
});

test('the image runs Node.js with the flags of `npm start`', async () => {
  expect(await read('Dockerfile')).toContain(
    `ENTRYPOINT ${JSON.stringify(['tini', '--', 'node', ...gatewayFlags, 'dist/main.js']).replaceAll(',', ', ')}\n`,
  );
});
