import { readFileSync } from 'node:fs';

/** The version in package.json. */
export const version = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  if (typeof found !== 'string') throw new TypeError('package.json has no version');
  return found;
}
