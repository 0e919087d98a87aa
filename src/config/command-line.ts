import { parseArgs } from 'node:util';
import { GatewayError } from '../errors.ts';

/** What the command line asks for. */
export type Command =
  | { readonly name: 'run' | 'print-config' | 'doctor'; readonly configFile: string | undefined }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

/** Answer to `--help`. */
export const helpText = `Usage: sluice [options]

  --config FILE    read settings from FILE (default: $SLUICE_CONFIG, else config/sluice.yaml if there is one)
  --print-config   print the effective settings, secrets masked, and exit
  --doctor         look at ports, addresses, buffers, FFmpeg and clock, print what was found, and exit (1 if something is broken)
  --help           print this text and exit
  --version        print the version and exit

Every key of the file can be set in the environment: rtc.announcedAddress is SLUICE_RTC_ANNOUNCED_ADDRESS, lists are comma-separated.
config/sluice.yaml describes all keys.
`;

/** Parses the arguments after the program's name. Throws `ERR_CONFIG_INVALID` for options that do not exist. */
export function parseCommandLine(args: readonly string[]): Command {
  const options = readOptions(args);
  if (options.help) return { name: 'help' };
  if (options.version) return { name: 'version' };
  const name = options['print-config'] ? 'print-config' : options.doctor ? 'doctor' : 'run';
  return { name, configFile: options.config };
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        'print-config': { type: 'boolean', default: false },
        doctor: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
      },
    }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('ERR_CONFIG_INVALID', `${reason}\n\n${helpText}`, { cause });
  }
}
