import { existsSync } from 'node:fs';
import { GatewayError } from '../errors.ts';
import { checkSettings } from './check.ts';
import { readEnvironment } from './environment.ts';
import type { Problem } from './problem.ts';
import type { Settings } from './schema.ts';
import { variableOf } from './setting-list.ts';
import { readSettingsFile } from './settings-file.ts';
import { withValue } from './written.ts';

const defaultFile = 'config/sluice.yaml';

/** Where settings come from. */
export interface SettingsSources {
  /** `--config`; else `SLUICE_CONFIG`; else `config/sluice.yaml`, if there is one. */
  readonly file?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Default of `rtc.workers`. */
  readonly cores: number;
}

/**
 * Merges defaults, file and environment (the last wins) and checks the result.
 *
 * Throws `ERR_CONFIG_INVALID` with every problem, one per line.
 */
export function loadSettings({ file, environment, cores }: SettingsSources): Settings {
  const path = file ?? (environment['SLUICE_CONFIG'] || undefined) ?? (existsSync(defaultFile) ? defaultFile : undefined);
  const fromFile = path === undefined ? { written: {}, problems: [] } : readSettingsFile(path);
  const fromEnvironment = readEnvironment(environment);
  const written = [...fromEnvironment.values].reduce((group, [key, value]) => withValue(group, key, value), fromFile.written);
  const checked = checkSettings(written, cores);
  const problems = [
    ...fromFile.problems,
    ...fromEnvironment.problems,
    ...checked.problems.map((problem) => withVariable(problem, fromEnvironment.values)),
  ];
  if (problems.length > 0) throw invalid(problems);
  return checked.settings;
}

/** Names the variable where the value came from the environment. */
function withVariable({ path, message }: Problem, fromEnvironment: ReadonlyMap<string, unknown>): Problem {
  const key = path.replace(/\[.*/, '');
  return fromEnvironment.has(key) ? { path: `${path} (${variableOf(key)})`, message } : { path, message };
}

function invalid(problems: readonly Problem[]): GatewayError {
  const lines = problems.map(({ path, message }) => `  ${path} ${message}`);
  return new GatewayError('ERR_CONFIG_INVALID', ['The configuration is not usable:', ...lines].join('\n'), { details: { problems } });
}
