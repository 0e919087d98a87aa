import { stringify } from 'yaml';
import { listSettings } from './setting-list.ts';
import { isGroup, valueAt, withValue, type Written } from './written.ts';

const mask = '***';

/** The effective settings as YAML, in the order of the schema, secrets masked. */
export function printSettings(settings: Written, list = listSettings()): string {
  const shown = list.reduce<Written>((group, { path, secret, secretMembers = [] }) => {
    const value = valueAt(settings, path);
    return value === undefined ? group : withValue(group, path, secret ? mask : masked(value, secretMembers));
  }, {});
  return stringify(shown, { flowCollectionPadding: false, collectionStyle: 'any' });
}

/** A list of groups without their secrets; anything else as it is. */
function masked(value: unknown, members: readonly string[]): unknown {
  if (!Array.isArray(value) || members.length === 0) return value;
  return value.map((entry: unknown) =>
    isGroup(entry) ? Object.fromEntries(Object.entries(entry).map(([key, member]) => [key, members.includes(key) ? mask : member])) : entry,
  );
}
