import type { OutputEnding } from '../output.ts';

/** How an FFmpeg that pushed has ended. */
export interface PushExit {
  /** Undefined: it was killed, or could not be started. */
  readonly exitCode: number | undefined;
  /** Why we ended it; undefined: it ended by itself. */
  readonly killedFor: 'backlog' | 'stalled' | undefined;
  /** Whether the server had taken media. */
  readonly wasAccepted: boolean;
  /** The last lines that it wrote, without secrets. */
  readonly lines: readonly string[];
}

/** What FFmpeg says, and what it means; the first that fits counts. */
const meanings: readonly (readonly [pattern: RegExp, cause: string, advice: string])[] = [
  [
    /Unrecognized option|Option not found|Error splitting the argument list/,
    'ffmpeg',
    'This FFmpeg lacks something: 5.1 or newer is needed.',
  ],
  [/Failed to resolve hostname/, 'dns', 'The name of the server cannot be resolved.'],
  [/certificate|hostname does not match|\btls\b.*(?:verif|handshake)/i, 'tls', 'The certificate of the server is not trusted.'],
  [/Connection refused/, 'refused', 'Nothing listens there.'],
  [/\[tls @.*(?:error|alert)|\[rtmps @.*Cannot open/i, 'tls', 'The server does not speak TLS as it should.'],
  [/No route to host|Network is unreachable|Host is unreachable/, 'unreachable', 'There is no way to the server.'],
  [/Server error/, 'denied', 'The server refuses the stream: check the key.'],
  [/timed out/, 'timeout', 'The server does not answer.'],
];

const killAdvice = {
  backlog: 'More than 4 MiB were waiting: the line to the server is slower than the stream.',
  stalled: 'The server took nothing for 10 s.',
} as const;

/** Names what ended a push. Pure. */
export function endingOf({ exitCode, killedFor, wasAccepted, lines }: PushExit): OutputEnding {
  if (killedFor !== undefined) return { cause: killedFor, detail: killAdvice[killedFor] };
  const text = lines.join('\n');
  const known = meanings.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return { cause: known[1], detail: withLine(known[2], lines) };
  if (!wasAccepted) return { cause: 'denied', detail: withLine('The server ended the connection: check application and key.', lines) };
  if (/Broken pipe|Connection reset|End of file|Input\/output error/.test(text)) {
    return { cause: 'closed', detail: withLine('The server ended the connection.', lines) };
  }
  return { cause: 'exited', detail: withLine(`FFmpeg ended with ${exitCode === undefined ? 'a signal' : `code ${exitCode}`}.`, lines) };
}

function withLine(advice: string, lines: readonly string[]): string {
  const last = lines.at(-1);
  return last === undefined ? advice : `${advice} (${last})`;
}
