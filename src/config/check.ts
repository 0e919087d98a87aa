import type { TLocalizedValidationError } from 'typebox/error';
import { Settings as TypeboxSettings } from 'typebox/system';
import Value from 'typebox/value';
import type { Problem } from './problem.ts';
import { rules } from './rules.ts';
import { settingsSchema, type Settings } from './schema.ts';
import { listSettings } from './setting-list.ts';
import { isGroup, valueAt, withValue } from './written.ts';

TypeboxSettings.Set({ maxErrors: 1_000 }); // it stops at 8 otherwise, and we promise all of them

/**
 * Completes what was written with the defaults and lists everything that is wrong with it.
 *
 * Keys that the schema refuses are then replaced by their defaults, so that the rules between keys are checked in the same run.
 */
export function checkSettings(written: unknown, cores: number): { readonly settings: Settings; readonly problems: readonly Problem[] } {
  const complete = Value.Default(settingsSchema, withLists(structuredClone(written)));
  const errors = Value.Errors(settingsSchema, complete);
  const problems = errors.flatMap(problemsOf);
  for (const { instancePath } of errors.filter(isAboutAKey)) Value.Pointer.Delete(complete, settingPointer(instancePath));
  const repaired = Value.Default(settingsSchema, complete);
  if (!Value.Check(settingsSchema, repaired)) {
    return { settings: Value.Create(settingsSchema), problems }; // written is not even a map
  }
  const settings = { ...repaired, rtc: { workers: cores, ...repaired.rtc } };
  const refused = new Set(problems.map(({ path }) => path));
  const broken = rules.flatMap((rule) => rule(settings)).filter(({ path }) => !refused.has(path));
  return { settings, problems: [...problems, ...broken] };
}

const lists = listSettings().filter(({ kind }) => kind === 'list');

/** A list of one may be written without its brackets: `auth.mode: none`. */
function withLists(written: unknown): unknown {
  if (!isGroup(written)) return written;
  return lists.reduce((group, { path }) => {
    const value = valueAt(group, path);
    return typeof value === 'string' ? withValue(group, path, [value]) : group;
  }, written);
}

/** The parent's error about its unknown keys repeats those of the keys themselves. */
const isAboutAKey = (error: TLocalizedValidationError) => error.keyword !== 'additionalProperties' && error.instancePath !== '';

/** `/rtc/listen/0` → `/rtc/listen`: a list is one setting. */
const settingPointer = (pointer: string) => pointer.replace(/\/\d+(\/.*)?$/, '');

const typeNames = new Map([
  ['integer', 'a whole number'],
  ['boolean', 'true or false'],
  ['string', 'text'],
  ['array', 'a list'],
  ['object', 'a group of keys'],
]);

function problemsOf(error: TLocalizedValidationError): Problem[] {
  const path = dotted(error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties':
      return [];
    case 'boolean':
      return [{ path, message: 'is not a known key' }];
    case 'required':
      return error.params.requiredProperties.map((key) => ({ path: `${path}.${key}`, message: 'is missing' }));
    case 'type':
      return [
        {
          path,
          message: `must be ${[error.params.type]
            .flat()
            .map((type) => typeNames.get(type) ?? type)
            .join(' or ')}`,
        },
      ];
    case 'enum':
      return [{ path, message: `must be one of: ${error.params.allowedValues.join(', ')}` }];
    case 'pattern':
      return [{ path, message: `must be ${expectationAt(error.schemaPath)}` }];
    default:
      return [{ path, message: error.message }];
  }
}

function expectationAt(schemaPath: string): string {
  const schema: unknown = Value.Pointer.Get(settingsSchema, schemaPath.slice(1));
  const expects = typeof schema === 'object' && schema !== null && 'expects' in schema ? schema.expects : undefined;
  return typeof expects === 'string' ? expects : 'different';
}

/** `/streams/patterns/0/match` → `streams.patterns[0].match`. */
function dotted(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}
