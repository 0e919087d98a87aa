import { existsSync, readFileSync } from 'node:fs';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkSettings } from '../../src/config/check.ts';
import { settingsSchema } from '../../src/config/schema.ts';
import { listSettings, type Setting } from '../../src/config/setting-list.ts';
import { isGroup, valueAt } from '../../src/config/written.ts';
import { summaryLines } from '../conformance/summary.ts';

const root = new URL('../../', import.meta.url);
const readText = (path: string) => (existsSync(new URL(path, root)) ? readFileSync(new URL(path, root), 'utf8') : '');

/** Keys of one entry of `streams.patterns`, which are no settings of their own. */
const patternKeys = Type.IsObject(settingsSchema.properties.streams.properties.patterns.items)
  ? Object.entries(settingsSchema.properties.streams.properties.patterns.items.properties)
  : [];

/** Everything that is written for users. */
const documents = [
  'README.md',
  'config/README.md',
  'test/conformance/README.md',
  'src/egress/README.md',
  'CHANGELOG.md',
  'examples/obs.md',
];

const anything: unknown = expect.anything();

/** Every setting's value in the text of a file. */
function valuesIn(yaml: string): [path: string, value: unknown][] {
  const written: unknown = parse(yaml);
  if (!isGroup(written)) throw new TypeError('the file holds no groups');
  return listSettings().map(({ path }) => [path, valueAt(written, path) ?? undefined]);
}

/** The row of a key in config/README.md: key, environment variable, default, description. */
function rowOf({ path, variable, default: value, description }: Setting): string {
  const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``);
  const shown =
    value === undefined || typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') || 'none' : JSON.stringify(value);
  return `| ${code(path)} | ${code(variable)} | ${code(shown)} | ${description} |`;
}

test.for(listSettings().map(({ path, description }) => [path, description] as const))(
  '%s is described by a sentence',
  ([, description]) => {
    expect(description).toMatch(/^[A-Z`].*\.$/);
  },
);

test('every key of a pattern is described', () => {
  expect(patternKeys.map(([key]) => key)).toEqual([
    'match',
    'takeover',
    'codecs',
    'grace',
    'silence',
    'instantJoin',
    'hls',
    'transcode',
    'record',
  ]);
  for (const [, schema] of patternKeys) expect(schema).toHaveProperty('description', expect.stringMatching(/\S/));
});

test('config/sluice.yaml changes nothing as it stands', () => {
  expect(valuesIn(readText('config/sluice.yaml')).filter(([, value]) => value !== undefined)).toEqual([]);
});

test('config/sluice.yaml shows every key with its default, and an example where that is none', () => {
  const uncommented = readText('config/sluice.yaml').replaceAll(/^( *)# (?=[a-z]\w*:| {2})/gm, '$1');
  const hasExample = ({ variable, default: value }: Setting) => value === undefined || variable === undefined;
  expect(valuesIn(uncommented)).toEqual(listSettings().map((setting) => [setting.path, hasExample(setting) ? anything : setting.default]));
  expect(valuesIn(uncommented)).toContainEqual(['streams.patterns', [Object.fromEntries(patternKeys.map(([key]) => [key, anything]))]]);
});

test('config/sluice.yaml describes every key as the schema does', () => {
  const plain = (text: string) => text.replaceAll(/[`"]/g, '').replaceAll(/\s+#? */g, ' ');
  const text = plain(readText('config/sluice.yaml'));
  for (const { description } of listSettings()) expect(text).toContain(plain(description));
});

test('config/README.md documents every key as the schema does', () => {
  const cells = (row: string) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .join(' | ')
      .trim();
  const groups = Object.keys(settingsSchema.properties).join('|');
  const rows = readText('config/README.md').match(new RegExp(`^\\| \`(?:${groups})\\..*$`, 'gm')) ?? [];
  expect(rows.map(cells)).toEqual(listSettings().map(rowOf).map(cells));
});

test('the settings that documents show can be used as they are', () => {
  const blocks = documents.flatMap((path) => [...readText(path).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, yaml = '']) => yaml));
  expect(blocks.length).toBeGreaterThanOrEqual(5);
  for (const yaml of blocks) expect(checkSettings(parse(yaml), 1).problems, yaml).toEqual([]);
});

test.for(documents)('the links in %s lead somewhere', (path) => {
  const anchorsIn = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  const here = new URL(path, root);
  const dead = [...readText(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(([, file = '', anchor]) => {
    const there = file === '' ? here : new URL(file, here);
    return !existsSync(there) || (anchor !== undefined && !anchorsIn(readFileSync(there, 'utf8')).includes(anchor));
  });
  expect(dead.map(([link]) => link)).toEqual([]);
});

test('test/conformance/README.md counts the rows as they are', () => {
  const written = new Set(
    readText('test/conformance/README.md')
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, ' ')),
  );
  expect(summaryLines().filter((line) => !written.has(line))).toEqual([]);
});
