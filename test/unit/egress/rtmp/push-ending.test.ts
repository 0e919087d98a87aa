import { expect, test } from 'vitest';
import { endingOf, type PushExit } from '../../../../src/egress/rtmp/push-ending.ts';

const exit: PushExit = { exitCode: 1, killedFor: undefined, wasAccepted: true, lines: [] };
const refused = [
  '[tcp @ 0x5] [error] Connection to tcp://127.0.0.1:41936?tcp_nodelay=0 failed: Connection refused',
  '[rtmp @ 0x5] [error] Cannot open connection tcp://127.0.0.1:41936?tcp_nodelay=0',
  '[error] rtmp://127.0.0.1:41936/: Connection refused',
];
const unresolved = [
  '[tcp @ 0x5] [error] Failed to resolve hostname nosuch.invalid: Name or service not known',
  '[error] rtmp://nosuch.invalid/: Input/output error',
];
const brokenPipe = ['[error] av_interleaved_write_frame(): Broken pipe'];

test.for([
  ['ffmpeg', { lines: ["Unrecognized option 'fpre'.", 'Error splitting the argument list: Option not found'], wasAccepted: false }],
  ['refused', { lines: refused, wasAccepted: false }],
  ['dns', { lines: unresolved, wasAccepted: false }],
  ['denied', { lines: brokenPipe, wasAccepted: false }],
  ['denied', { lines: ['[rtmp @ 0x5] [error] Server error: Authorization required.'], wasAccepted: false }],
  ['denied', { lines: ['[error] rtmp://127.0.0.1:41935/: Input/output error'], wasAccepted: false }],
  ['closed', { lines: brokenPipe }],
  ['timeout', { lines: ['[error] rtmp://127.0.0.1:41935/: Connection timed out'], wasAccepted: false }],
  ['tls', { lines: ['[tls @ 0x5] [error] Unable to verify peer certificate: The certificate is NOT trusted.'], wasAccepted: false }],
  ['backlog', { killedFor: 'backlog', exitCode: undefined, lines: brokenPipe }],
  ['stalled', { killedFor: 'stalled', exitCode: undefined }],
  ['exited', { exitCode: undefined }],
] satisfies [string, Partial<PushExit>][])('%s', ([cause, facts]) => {
  const ending = endingOf({ ...exit, ...facts });
  expect(ending.cause).toBe(cause);
  expect(ending.detail).toMatch(/^[A-Z].*/);
});
