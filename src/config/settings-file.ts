import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { Problem } from './problem.ts';
import { isGroup, type Written } from './written.ts';

/** Reads a YAML file of settings; a key without a value counts as absent. */
export function readSettingsFile(path: string): { readonly written: Written; readonly problems: readonly Problem[] } {
  const refused = (...messages: readonly string[]) => ({ written: {}, problems: messages.map((message) => ({ path, message })) });
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refused(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) return refused(...document.errors.map(({ message }) => `is not YAML: ${firstLine(message)}`));
  const written = withoutNulls(document.toJS() ?? {});
  return isGroup(written) ? { written, problems: [] } : refused('must hold groups of keys, such as http: and rtc:');
}

/** What follows quotes the file, where a secret may stand. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isGroup(value)) return value;
  const present = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(present.map(([key, child]) => [key, withoutNulls(child)]));
}
