import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file without a name: its descriptor is all that there is. */
export interface UnnamedFile extends Disposable {
  readonly descriptor: number;
}

/**
 * Makes a file for secrets that a child process reads from a descriptor that it inherits, as `/dev/fd/3`.
 *
 * A pipe would not do: Node makes its pipes of sockets, which cannot be opened by such a path. Nobody but this user could read the file in the
 * moment for which it has a name.
 */
export function openUnnamedFile(text: string): UnnamedFile {
  const path = join(tmpdir(), `sluice-${randomUUID()}`);
  const descriptor = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  using stack = new DisposableStack();
  stack.defer(() => {
    closeSync(descriptor);
  });
  rmSync(path);
  writeSync(descriptor, text, 0); // at a position, so that whoever shares the descriptor reads from the start
  const file = stack.move();
  return {
    descriptor,
    [Symbol.dispose]: () => {
      file.dispose();
    },
  };
}
