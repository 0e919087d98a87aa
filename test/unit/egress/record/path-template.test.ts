import Schema from 'typebox/schema';
import * as fc from 'fast-check';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { settingsSchema } from '../../../../src/config/schema.ts';
import { parsePathTemplate } from '../../../../src/egress/record/path-template.ts';
import { parseStreamId } from '../../../../src/streams/stream-id.ts';

const facts = { streamId: parseStreamId('show'), startedAt: new Date('2026-11-26T09:14:22.345Z'), part: 3 };

test.for([
  ['{stream}/{start}-{part}', 'show/20261126T091422Z-003'],
  ['{date}/{stream}_{time}.{part}', '20261126/show_091422.003'],
  ['{part}', '003'],
  ['all-of-it/{part}{part}', 'all-of-it/003003'],
] as const)('%s becomes %s', ([template, path]) => {
  expect(parsePathTemplate(template)(facts)).toBe(path);
});

const bad = [
  '',
  '{stream}',
  '/{part}',
  '{part}/',
  'a//{part}',
  '../{part}',
  'a/../{part}',
  './{part}',
  '.hidden/{part}',
  '{part}/..',
  '{stream}\\{part}',
  '{user}-{part}',
  '{part} x',
  '{part}\0',
  'ä{part}',
  '{{part}}',
];

test.for(bad)('%j is no template', (template) => {
  expect(() => parsePathTemplate(template)).toThrow(TypeError);
});

const pathSchema = settingsSchema.properties.egress.properties.record.properties.path;
const isWritten = (template: string): boolean => Schema.Check(pathSchema, template);

test('the configuration refuses what is no template, and nothing else', () => {
  for (const template of bad) expect(isWritten(template)).toBe(false);
  const piece = fc.constantFrom('{stream}', '{start}', '{date}', '{time}', '{part}', 'a', '.', '..', '/', '-', '_', '{', '}');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const template = pieces.join('');
      expect(isWritten(template)).toBe(isTemplate(template));
    }),
  );
});

test('whatever the template, the path stays below its folder', () => {
  const piece = fc.constantFrom('{stream}', '{start}', '{part}', '.', '..', '/', 'x');
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), name, (pieces, stream) => {
      const template = pieces.join('');
      if (!isTemplate(template)) return;
      const path = parsePathTemplate(template)({ ...facts, streamId: parseStreamId(stream) });
      expect(posix.normalize(path)).toBe(path);
      expect(path).not.toMatch(/^\/|(^|\/)\./);
    }),
  );
});

function isTemplate(template: string): boolean {
  try {
    parsePathTemplate(template);
    return true;
  } catch {
    return false;
  }
}
