import { stringify } from 'yaml';
import { listSettings } from './setting-list.ts';
import { valueAt, withValue, type Written } from './written.ts';

/** The effective settings as YAML, in the order of the schema, secrets masked. */
export function printSettings(settings: Written, list = listSettings()): string {
  const shown = list.reduce<Written>((group, { path, secret }) => {
    const value = valueAt(settings, path);
    return value === undefined ? group : withValue(group, path, secret ? '***' : value);
  }, {});
  return stringify(shown, { flowCollectionPadding: false, collectionStyle: 'any' });
}
