import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identify, isRunning } from './process-identity.ts';

/** A folder that no other gateway of this user works in. */
export interface FolderClaim extends Disposable {
  readonly folder: string;
}

/**
 * Claims a folder for this process, so that two gateways do not both take up what a third one has left there.
 *
 * Undefined: another process that still runs has it. Claims are files in `runFolder`, by which a crash leaves none behind that counts; where
 * they cannot be written, or there is no `/proc`, every claim is granted.
 */
export function claimFolder(folder: string, runFolder: string): FolderClaim | undefined {
  const self = identify(process.pid);
  const file = join(runFolder, `claim-${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 32)}`);
  const granted = { folder, [Symbol.dispose]: () => undefined };
  if (self === undefined) return granted;
  const owner = ownerIn(file);
  if (owner !== undefined && owner.pid !== self.pid && isRunning(owner)) return undefined;
  try {
    mkdirSync(runFolder, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${self.pid} ${self.startedAt}\n`, { mode: 0o600 });
  } catch {
    return granted; // nothing can be written there
  }
  return { folder, [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

function ownerIn(file: string): { readonly pid: number; readonly startedAt: number } | undefined {
  try {
    const [, pid, startedAt] = /^(\d+) (\d+)$/.exec(readFileSync(file, 'utf8').trim()) ?? [];
    return startedAt === undefined ? undefined : { pid: Number(pid), startedAt: Number(startedAt) };
  } catch {
    return undefined; // nobody has claimed it
  }
}
