import { readFileSync } from 'node:fs';
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
 * Of a secret, `…_FILE` names the file that holds it. A variable that begins like a group but is no key (`SLUICE_RTC_PROT`) is a problem; others (`SLUICE_CONFIG`) are not ours.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): EnvironmentSettings {
  const settings = new Map(listSettings().map((setting) => [setting.variable, setting]));
  const values = new Map<string, unknown>();
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const setting = settings.get(name);
    const secret = name.endsWith('_FILE') ? settings.get(name.slice(0, -'_FILE'.length)) : undefined;
    if (setting !== undefined) values.set(setting.path, valueOf(setting, value));
    else if (secret?.secret === true) {
      const content = readSecret(value);
      if (content === undefined) problems.push({ path: name, message: `names a file that cannot be read: ${value}` });
      else values.set(secret.path, content);
    } else if (groupPrefixes.some((prefix) => name.startsWith(prefix))) problems.push({ path: name, message: 'is not a known variable' });
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

/** The content of a file without the line feed at its end. */
function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined; // the problem names the file
  }
}
