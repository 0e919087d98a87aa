import { listSettings, type Setting } from './setting-list.ts';
import type { Problem } from './problem.ts';

/** What the environment says about the configuration. */
export interface EnvironmentSettings {
  /** Values by the path of their key. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly problems: readonly Problem[];
}

const groupPrefixes = [...new Set(listSettings().map(({ path }) => `SLUICE_${path.split('.')[0] ?? ''}_`.toUpperCase()))];

/**
 * Reads the `SLUICE_…` variables that are keys of the configuration: lists are comma-separated, an empty variable counts as unset.
 *
 * A variable that begins like a group but is no key (`SLUICE_RTC_PROT`) is a problem; others (`SLUICE_CONFIG`) are not ours.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): EnvironmentSettings {
  const settings = new Map(listSettings().map((setting) => [setting.variable, setting]));
  const values = new Map<string, unknown>();
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const setting = settings.get(name);
    if (setting !== undefined) values.set(setting.path, valueOf(setting, value));
    else if (groupPrefixes.some((prefix) => name.startsWith(prefix))) problems.push({ path: name, message: 'is not a known variable' });
  }
  return { values, problems };
}

/** Text of the wrong kind stays text, for the schema to refuse. */
function valueOf({ kind }: Setting, value: string): unknown {
  switch (kind) {
    case 'list':
      return value.split(',').map((item) => item.trim());
    case 'number':
      return /^-?\d+$/.test(value) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'text':
      return value;
  }
}
