import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../src/', import.meta.url));

/** What each part may import, from the top of design.md §4 to the bottom. `types:` stands for imports that leave nothing at run time. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['gateway.ts', 'doctor', 'config', 'errors.ts'],
  doctor: ['media', 'config', 'errors.ts'],
  'gateway.ts': [
    'gateway-outputs.ts',
    'banner.ts',
    'doctor',
    'http',
    'metrics',
    'cluster',
    'egress',
    'streams',
    'media',
    'sdp',
    'auth',
    'config',
    'errors.ts',
  ],
  'gateway-outputs.ts': ['egress', 'types:streams', 'config'],
  'banner.ts': ['config'],
  http: ['streams', 'egress', 'auth', 'errors.ts'],
  metrics: ['streams', 'egress', 'types:media', 'errors.ts'],
  cluster: ['streams', 'media', 'errors.ts'],
  egress: ['streams', 'media', 'sdp', 'errors.ts'],
  streams: ['sdp', 'types:media', 'errors.ts'],
  media: ['errors.ts'],
  sdp: ['errors.ts'],
  auth: ['errors.ts'],
  config: ['errors.ts'],
  'errors.ts': [],
  web: [],
};

/** Where each library is at home. */
const homes: Readonly<Record<string, readonly string[]>> = {
  mediasoup: ['media', 'types:sdp', 'types:streams'],
  'sdp-transform': ['sdp'],
  'h264-profile-level-id': ['sdp'],
  fastify: ['http'],
  '@fastify/static': ['http'],
  '@fastify/swagger': ['http'],
  '@fastify/type-provider-typebox': ['http'],
  jose: ['auth'],
  'prom-client': ['metrics'],
  execa: ['egress'],
  mp4box: ['egress'],
  '@aws-sdk/client-s3': ['egress'],
  'hls.js': ['web'],
  typebox: ['config', 'http'],
  yaml: ['config', 'auth'],
  pino: [
    'main.ts',
    'types:doctor',
    'types:gateway.ts',
    'types:gateway-outputs.ts',
    'types:http',
    'types:auth',
    'types:egress',
    'types:streams',
    'types:media',
  ],
  'pino-pretty': ['main.ts'],
  'close-with-grace': ['main.ts'],
};

interface Import {
  readonly from: string;
  readonly target: string;
  readonly typesOnly: boolean;
}

/** `http/whip.ts` is part of `http`; a file of the top is a part of its own. */
const partOf = (file: string) => file.split('/', 1)[0] ?? '';

const sources = globSync('**/*.ts', { cwd: root, exclude: ['**/*.d.ts'] }).map((file) => ({
  file,
  text: readFileSync(posix.join(root, file), 'utf8'),
}));

function importsOf({ file, text }: (typeof sources)[number]): Import[] {
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?(?:([^'";]*?)\sfrom\s+)?'([^']+)'/gm);
  const calls = text.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [
    ...[...statements].map(([, type, names = '', target = '']) => ({
      from: file,
      target,
      typesOnly: type !== undefined || areTypes(names),
    })),
    ...[...calls].map(([, target = '']) => ({ from: file, target, typesOnly: false })),
  ];
}

/** `{ type A, type B }`. */
function areTypes(names: string): boolean {
  const listed =
    /^\{(.*)\}$/s
      .exec(names.trim())?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '') ?? [];
  return listed.length > 0 && listed.every((name) => name.startsWith('type '));
}

function allows(list: readonly string[], part: string, typesOnly: boolean): boolean {
  return list.includes(part) || (typesOnly && list.includes(`types:${part}`));
}

const imports = sources.flatMap(importsOf);
const text = ({ from, target, typesOnly }: Import) => `${from} imports ${typesOnly ? 'types of ' : ''}${target}`;
const isRelative = ({ target }: Import) => target.startsWith('.');

test('every part of src/ is one that the design knows', () => {
  expect(sources.map(({ file }) => partOf(file)).filter((part) => mayImport[part] === undefined)).toEqual([]);
});

test('imports point down the list of layers, never up and never sideways', () => {
  const violations = imports.filter(isRelative).filter(({ from, target, typesOnly }) => {
    const [own, other] = [partOf(from), partOf(posix.join(posix.dirname(from), target))];
    return own !== other && !allows(mayImport[own] ?? [], other, typesOnly);
  });
  expect(violations.map(text)).toEqual([]);
});

test('every library is imported at its home only', () => {
  const packages = imports.filter((entry) => !isRelative(entry) && !entry.target.startsWith('node:'));
  const violations = packages.filter(({ from, target, typesOnly }) => {
    const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
    return !allows(homes[name] ?? [], partOf(from), typesOnly);
  });
  expect(violations.map(text)).toEqual([]);
});

test('the browser modules import nothing but each other', () => {
  const violations = imports.filter(({ from, target }) => partOf(from) === 'web' && !/^\.\/[\w-]+\.(?:ts|js)$/.test(target));
  expect(violations.map(text)).toEqual([]);
});

test('only config/ and main.ts see the environment', () => {
  const readers = sources.filter(
    ({ file, text: source }) => source.includes('process.env') && !['config', 'main.ts'].includes(partOf(file)),
  );
  expect(readers.map(({ file }) => file)).toEqual([]);
});

test('the check itself finds what it looks for', () => {
  const file = 'streams/x.ts';
  const found = importsOf({
    file,
    text: "import { a,\n  type B } from '../http/y.ts';\nimport type C from 'c';\nexport { type D } from './d.ts';\nimport './e.ts';\nawait import('f');",
  });
  expect(found).toEqual([
    { from: file, target: '../http/y.ts', typesOnly: false },
    { from: file, target: 'c', typesOnly: true },
    { from: file, target: './d.ts', typesOnly: true },
    { from: file, target: './e.ts', typesOnly: false },
    { from: file, target: 'f', typesOnly: false },
  ]);
});
