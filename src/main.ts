import closeWithGrace from 'close-with-grace';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { helpText, parseCommandLine } from './config/command-line.ts';
import { parseConfig, type Config } from './config/config.ts';
import { readHost, type Host } from './config/host.ts';
import { loadSettings } from './config/load.ts';
import { printSettings } from './config/print.ts';
import { version } from './config/version.ts';
import { examine } from './doctor/doctor.ts';
import { renderFindings } from './doctor/findings.ts';
import { GatewayError } from './errors.ts';
import { openGateway } from './gateway.ts';

/** The process is gone this long after SIGTERM at the latest, in milliseconds. */
const graceMs = 9_000;

/** Exit codes: 78 is `EX_CONFIG` of sysexits.h. */
const exitCodeOf = (error: unknown): number => (error instanceof GatewayError && error.code === 'ERR_CONFIG_INVALID' ? 78 : 1);

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exit(exitCodeOf(error));
}

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommandLine(args);
  if (command.name === 'help') return void process.stdout.write(helpText);
  if (command.name === 'version') return void process.stdout.write(`${version}\n`);
  const host = readHost(process.env);
  const settings = loadSettings({ file: command.configFile, environment: process.env, cores: host.cores });
  if (command.name === 'print-config') return void process.stdout.write(printSettings(settings));
  const config = parseConfig(settings);
  if (command.name === 'doctor') return diagnose(config, host);
  await run(config, host);
}

/** Prints what was found; the exit code is 1 when something keeps the gateway from working. */
async function diagnose(config: Config, host: Host): Promise<void> {
  const findings = await examine(config, host, pino({ level: 'silent' }));
  process.stdout.write(renderFindings(findings));
  process.exitCode = findings.some(({ level }) => level === 'fail') ? 1 : 0;
}

/** Opens the gateway and closes it on a signal, or on an error that nobody handled; also when that comes while it still opens. */
async function run(config: Config, host: Host): Promise<void> {
  const logger = openLogger(config.log);
  const opening = openGateway(config, { logger, host, showBanner: isPretty(config.log) });
  closeWithGrace({ delay: graceMs, logger: { error: (message) => logger.error(message) } }, async ({ err, signal }) => {
    if (err !== undefined) logger.fatal({ err }, 'unhandled error, closing');
    else logger.info({ signal }, 'closing');
    await (await opening).close();
    logger.info('closed');
  });
  await opening;
}

function openLogger(log: Config['log']): Logger {
  const options = { level: log.level, base: null };
  if (isPretty(log)) return pino(options, pretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss' }));
  // With a destination of pino's own, a process whose log nobody reads any more would try for ever to write what is left before it ends.
  process.stdout.on('error', () => undefined);
  return pino(options, process.stdout);
}

function isPretty({ pretty: wanted }: Config['log']): boolean {
  return wanted ?? process.stdout.isTTY;
}

/** A sentence for what an operator can mend, a stack for everything else. */
function explain(error: unknown): string {
  if (error instanceof GatewayError) return error.message;
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE')
    return `The HTTP port is taken (${error.message}). Free it, or set http.port (SLUICE_HTTP_PORT).`;
  return error.stack ?? error.message;
}
