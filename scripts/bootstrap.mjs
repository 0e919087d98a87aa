// What every `npm` command of this project runs. Needs nothing but Node 18; brings the rest in and then runs the command.
import { fileURLToPath } from 'node:url';
import { BootstrapError, openContext } from './bootstrap/context.mjs';
import { isRecentEnough, provideNode, withNode } from './bootstrap/node-runtime.mjs';
import { handOver } from './bootstrap/programs.mjs';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interruption.abort());
const context = openContext(interruption.signal);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (interruption.signal.aborted) {
    process.exitCode = 130;
  } else if (error instanceof BootstrapError) {
    context.say(error.message);
    process.exitCode = error.exitCode;
  } else if (error instanceof Error && 'path' in error && String(error.path).startsWith(context.cacheDir)) {
    context.say(`${error.message}\nSLUICE_CACHE_DIR chooses another folder than ${context.cacheDir} for what is kept between runs.`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
async function main([name, ...args]) {
  if (!isRecentEnough(process.versions.node)) {
    const node = await provideNode(context);
    return handOver(context, node, [fileURLToPath(import.meta.url), name ?? '', ...args], withNode(context.env, node));
  }
  // Only a recent Node can read these.
  const { commands } = await import('./bootstrap/commands.mjs');
  const command = commands.get(name ?? '');
  if (!command)
    throw new BootstrapError(`usage: node scripts/bootstrap.mjs ${[...commands.keys()].join('|')} [arguments]`, { exitCode: 64 });
  return command(context, args);
}
