import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { BootstrapError } from './context.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * How a program ended.
 *
 * @typedef {object} Ending
 * @property {boolean} ok It ended by itself with exit code 0.
 * @property {number | undefined} code
 * @property {string} reason For people: `exit code 1`, `not ended after 60 s` …
 * @property {string} output The last 64 KiB of what it wrote.
 */

const outputLimit = 64 * 1024;
const killAfterMs = 5_000;
const repeatedWithinMs = 500;
const forwardedSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isExecutableFile(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // whatever is wrong with it, it cannot be run
  }
}

/**
 * The first of some programs that is on the `PATH`, or where its absolute path says.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} names
 * @returns {string | undefined} its path
 */
export function findProgram(env, names) {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)))).find(isExecutableFile);
}

/**
 * Runs a step of the bootstrap to its end, in a process group of its own, so that its deadline and Ctrl-C end its children too.
 *
 * @param {Context} context
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ deadlineMs: number, cwd?: string, env?: NodeJS.ProcessEnv, onOutput?: (text: string) => void }} options
 * @returns {Promise<Ending>} rejects only when the user interrupts
 */
export function run(context, command, args, { deadlineMs, cwd = context.root, env = context.env, onOutput }) {
  return new Promise((resolve, reject) => {
    if (context.signal.aborted) return reject(interrupted());
    let output = '';
    let reason = '';
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output = (output + text).slice(-outputLimit);
        onOutput?.(text);
      });
    }
    const end = (/** @type {string} */ why) => {
      reason ||= why;
      killGroup(child.pid, 'SIGTERM');
      timers.push(setTimeout(killGroup, killAfterMs, child.pid, 'SIGKILL'));
    };
    const onAbort = () => end('interrupted');
    const timers = [setTimeout(() => end(`not ended after ${deadlineMs / 1000} s`), deadlineMs)];
    context.signal.addEventListener('abort', onAbort, { once: true });
    const finish = (/** @type {number | null} */ code, /** @type {string} */ why) => {
      for (const timer of timers) clearTimeout(timer);
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      context.signal.removeEventListener('abort', onAbort);
      if (context.signal.aborted) reject(interrupted());
      else resolve({ ok: code === 0 && !reason, code: code ?? undefined, reason: reason || why, output });
    };
    child.once('error', (error) => finish(null, error.message));
    child.once('close', (code, signal) => finish(code, signal ? `signal ${signal}` : `exit code ${code}`));
    // A service started by a package's installer may keep the pipes open for ever.
    child.once('exit', (code, signal) => timers.push(setTimeout(finish, 1_000, code, signal ? `signal ${signal}` : `exit code ${code}`)));
  });
}

/**
 * Hands the terminal over to a program until it ends.
 *
 * npm and the terminal both send Ctrl-C, so the program gets a session of its own and each signal once, from here. Where `setpriv`
 * exists, it is also asked to end when this process is killed the hard way.
 *
 * @param {Context} context
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code, 128 + n after signal n
 */
export function handOver(context, command, args, env = context.env) {
  return new Promise((resolve, reject) => {
    if (context.signal.aborted) return reject(interrupted());
    const [program = command, ...programArgs] = [...dyingWithUs(env), command, ...args];
    const child = spawn(program, programArgs, { cwd: context.root, env, detached: true, stdio: 'inherit' });
    let forwardedAt = -Infinity;
    const forward = (/** @type {NodeJS.Signals} */ signal) => {
      const now = performance.now();
      if (now - forwardedAt > repeatedWithinMs) child.kill(signal);
      forwardedAt = now;
    };
    for (const signal of forwardedSignals) process.on(signal, forward);
    const finish = () => {
      for (const signal of forwardedSignals) process.removeListener(signal, forward);
    };
    child.once('error', (error) => {
      finish();
      reject(new BootstrapError(`cannot run ${command}: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      finish();
      resolve(signal ? 128 + osConstants.signals[signal] : (code ?? 1));
    });
  });
}

/**
 * What to put before a command, so that it gets a signal when this process is gone, however it ended. Nothing where there is no `setpriv`, which is
 * part of util-linux.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {'TERM' | 'KILL'} [signal]
 * @returns {readonly string[]}
 */
export function dyingWithUs(env, signal = 'TERM') {
  const setpriv = findProgram(env, ['setpriv']);
  const isComplete = setpriv !== undefined && basename(realpathSync(setpriv)) === 'setpriv'; // busybox has a lesser one
  return isComplete ? [setpriv, '--pdeathsig', signal, '--'] : [];
}

/**
 * @param {string} output
 * @returns {string} its last lines, for a message
 */
export function tail(output) {
  return output.trimEnd().split('\n').slice(-25).join('\n');
}

/**
 * @param {number | undefined} pid
 * @param {NodeJS.Signals} signal
 */
function killGroup(pid, signal) {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // the group is gone already, which is what we want
  }
}

function interrupted() {
  return new BootstrapError('interrupted', { exitCode: 130 });
}
