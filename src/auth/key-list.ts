import { parseDocument } from 'yaml';
import { parsePermissions, type Permissions, type WrittenPermissions } from './permissions.ts';
import { parseStoredKey, type StoredKey } from './stored-key.ts';
import { unusable } from './unusable.ts';

/** A key as it is written in the configuration or in a file of keys. */
export interface WrittenKey extends WrittenPermissions {
  /** Who has the key, for logs. */
  readonly name: string;
  /** Plain, `sha256:…` or `scrypt:…`. */
  readonly key: string;
}

/** A key, and what it allows. */
export interface Key {
  readonly name: string;
  readonly stored: StoredKey;
  readonly permissions: Permissions;
}

const members = ['name', 'key', 'publish', 'play', 'operate'];

/** Each of these is tried with every token that is not a known one. */
const mostPasswords = 16;

/** Reads a file of keys: a YAML or JSON list of {@link WrittenKey}. Throws `ERR_CONFIG_INVALID`, which quotes nothing of it. */
export function parseKeyFile(text: string): readonly Key[] {
  const document = parseDocument(text, { logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) throw unusable(`line ${error.linePos?.[0].line ?? 1}: not YAML (${error.code})`);
  const written: unknown = document.toJS();
  if (!Array.isArray(written)) throw unusable('must hold a list of keys; one without keys is [].');
  return parseKeys(written);
}

/** Checks keys. Throws `ERR_CONFIG_INVALID`, which names no key by its value. */
export function parseKeys(written: readonly unknown[]): readonly Key[] {
  const keys = written.map((entry, index) => parseKey(entry, `key ${index + 1}`));
  if (keys.filter(({ stored }) => stored.kind === 'password').length > mostPasswords) {
    throw unusable(`at most ${mostPasswords} keys may be scrypt hashes; give machines random keys, and store those as sha256 hashes.`);
  }
  return keys;
}

function parseKey(entry: unknown, place: string): Key {
  if (typeof entry !== 'object' || entry === null) throw unusable(`${place}: must have a name, a key and what it allows.`);
  const { name, key }: { name?: unknown; key?: unknown } = entry;
  if (typeof name !== 'string' || !/^[\w .:@/-]{1,64}$/.test(name)) {
    throw unusable(`${place}: needs a name, of up to 64 letters, digits, spaces and "_.:@/-".`);
  }
  const where = `${place} (${name})`;
  const unknown = Object.keys(entry).find((member) => !members.includes(member));
  if (unknown !== undefined) throw unusable(`${where}: knows only ${members.join(', ')}.`);
  if (typeof key !== 'string') throw unusable(`${where}: needs a key, as text.`);
  const permissions = parsePermissions(entry);
  if (permissions === undefined) throw unusable(`${where}: publish, play and operate are true or lists of stream names, with * for any.`);
  return { name, stored: parseStoredKey(key, where), permissions };
}
