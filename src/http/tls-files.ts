import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';

/** Where the certificate and its key are. */
export interface TlsFileNames {
  readonly certFile: string;
  readonly keyFile: string;
  /** How often to look whether they have changed, in milliseconds. Default 2000. */
  readonly pollMs?: number | undefined;
}

/** A certificate and its key. */
export type TlsPair = Required<Pick<SecureContextOptions, 'cert' | 'key'>> & { readonly cert: string; readonly key: string };

/** Reads a certificate and its key. Throws `ERR_CONFIG_INVALID` when they are no pair. */
export function readTlsPair({ certFile, keyFile }: TlsFileNames): TlsPair {
  try {
    const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext(pair); // throws unless one goes with the other
    return pair;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('ERR_CONFIG_INVALID', `http.tls: ${certFile} and ${keyFile} are not usable: ${reason}`, { cause });
  }
}

/**
 * Gives every new pair to `apply`. Both files are rarely replaced at the same moment, so a pair that does not match is no more than a
 * reason to look again; it is logged once.
 */
export function watchTlsPair(names: TlsFileNames, logger: Logger, apply: (pair: TlsPair) => void): Disposable {
  let current = JSON.stringify(readTlsPair(names));
  let lastProblem: string | undefined;
  const look = (): void => {
    try {
      const pair = readTlsPair(names);
      lastProblem = undefined;
      if (JSON.stringify(pair) === current) return;
      current = JSON.stringify(pair);
      apply(pair);
      logger.info({ certFile: names.certFile }, 'certificate reloaded');
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== lastProblem) logger.warn({ problem }, 'certificate not reloaded; the former one stays');
      lastProblem = problem;
    }
  };
  const timer = setInterval(look, names.pollMs ?? 2_000).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
