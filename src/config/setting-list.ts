import Type, { type TSchema } from 'typebox';
import { settingsSchema } from './schema.ts';

/** One key of the configuration, as documentation and the environment need it. */
export interface Setting {
  /** Dotted path in the file: `rtc.announcedAddress`. */
  readonly path: string;
  /** Environment variable, `SLUICE_RTC_ANNOUNCED_ADDRESS`; undefined for keys that only the file can hold. */
  readonly variable: string | undefined;
  readonly kind: 'text' | 'number' | 'boolean' | 'list';
  readonly description: string;
  /** Undefined where the description tells what the default is. */
  readonly default: unknown;
  readonly secret: boolean;
  /** Members of a list's entries that are secret. */
  readonly secretMembers?: readonly string[] | undefined;
}

/** Every key of a schema, in the order of the schema; of `settingsSchema` when none is given. */
export function listSettings(schema: TSchema = settingsSchema): readonly Setting[] {
  return settingsUnder(schema, []);
}

/** `rtc.announcedAddress` → `SLUICE_RTC_ANNOUNCED_ADDRESS`. */
export function variableOf(path: string): string {
  return `SLUICE_${path.replaceAll('.', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();
}

function settingsUnder(schema: TSchema, parents: readonly string[]): Setting[] {
  if (Type.IsObject(schema)) {
    return Object.entries(schema.properties).flatMap(([key, child]) => settingsUnder(child, [...parents, key]));
  }
  const path = parents.join('.');
  const annotations: { description?: unknown; default?: unknown; fileOnly?: unknown; secret?: unknown; secretMembers?: unknown } = schema;
  const { secretMembers } = annotations;
  return [
    {
      path,
      variable: annotations.fileOnly === true ? undefined : variableOf(path),
      kind: kindOf(schema),
      description: typeof annotations.description === 'string' ? annotations.description : '',
      default: annotations.default,
      secret: annotations.secret === true,
      secretMembers: Array.isArray(secretMembers) ? secretMembers.map(String) : undefined,
    },
  ];
}

function kindOf(schema: TSchema): Setting['kind'] {
  if (Type.IsArray(schema)) return 'list';
  if (Type.IsInteger(schema)) return 'number';
  return Type.IsBoolean(schema) ? 'boolean' : 'text';
}
