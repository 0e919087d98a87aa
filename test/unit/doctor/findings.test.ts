import { expect, test } from 'vitest';
import {
  judgeBuffers,
  judgeClock,
  judgeFfmpeg,
  judgePorts,
  judgeReach,
  renderFindings,
  type Finding,
} from '../../../src/doctor/findings.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const clock = { nowMs: now, installedMs: now - 1e9, writtenMs: now - 20, jumpMs: 1 };
const ffmpeg = {
  path: '/usr/bin/ffmpeg',
  versionText: 'ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers\n',
  encoders: ' A....D aac                  AAC (Advanced Audio Coding)\n',
  decoders: ' VFS..D h264                 H.264\n A....D opus                 Opus\n',
};
const port = { name: 'UDP', host: '192.0.2.1', port: 44_400, error: undefined };
const reach = { protocol: 'udp', address: '192.0.2.1', port: 44_400, answered: true } as const;

test.for<[name: string, found: Finding | readonly Finding[], level: Finding['level'], text: RegExp]>([
  ['free ports', judgePorts([port, { ...port, host: '127.0.0.1' }], false), 'ok', /^UDP 44400: free$/],
  ['no fixed ports', judgePorts([], false), 'ok', /any free/],
  ['a taken port', judgePorts([{ ...port, error: 'EADDRINUSE' }, port], false), 'fail', /192\.0\.2\.1:44400 is taken/],
  ['a privileged port', judgePorts([{ ...port, port: 80, error: 'EACCES' }], false), 'fail', /below 1024/],
  ['an address of another host', judgePorts([{ ...port, error: 'EADDRNOTAVAIL' }], false), 'fail', /rtc\.listen/],
  ['ports that a running gateway holds', judgePorts([{ ...port, error: 'EADDRINUSE' }], true), 'warn', /Stop it/],

  ['an address that answers', judgeReach([reach, { ...reach, protocol: 'tcp' }], []), 'ok', /^UDP 192\.0\.2\.1:44400, TCP .* from outside/],
  ['an own address that is silent', judgeReach([{ ...reach, answered: false }], ['192.0.2.1']), 'fail', /firewall here/],
  ['an announced address that is silent', judgeReach([{ ...reach, answered: false }], ['10.0.0.1']), 'warn', /rtc\.announcedAddress/],

  ['large buffers', judgeBuffers({ receive: 4_194_304, send: 8_388_608 }, 4_194_304), 'ok', /4194304/],
  ['small buffers', judgeBuffers({ receive: 212_992, send: 4_194_304 }, 4_194_304), 'warn', /sysctl -w net\.core\.rmem_max=4194304/],
  ['buffers that nobody tells', judgeBuffers(undefined, 4_194_304), 'warn', /Linux/],

  ['no FFmpeg', judgeFfmpeg(undefined), 'warn', /none on PATH/],
  ['a good FFmpeg', judgeFfmpeg(ffmpeg), 'ok', /^5\.1\.9/],
  ['an FFmpeg of the day', judgeFfmpeg({ ...ffmpeg, versionText: 'ffmpeg version N-118193-g5f38c82536 Copyright' }), 'ok', /^N-118193/],
  ['an old FFmpeg', judgeFfmpeg({ ...ffmpeg, versionText: 'ffmpeg version n4.4.2 Copyright' }), 'warn', /older than 5\.1/],
  ['an FFmpeg without AAC', judgeFfmpeg({ ...ffmpeg, encoders: ' A..... aac_at  x' }), 'warn', /lacks the encoder aac\./],
  ['an FFmpeg that does not run', judgeFfmpeg({ ...ffmpeg, versionText: '' }), 'warn', /does not run/],

  ['a good clock', judgeClock(clock), 'ok', /^2026-11-20T12:00:00/],
  ['a clock that was never set', judgeClock({ ...clock, nowMs: 0, writtenMs: 0 }), 'fail', /1970/],
  ['a clock that is being set', judgeClock({ ...clock, jumpMs: -3000 }), 'warn', /-3000 ms/],
  ['a file system of another time', judgeClock({ ...clock, writtenMs: now - 60_000 }), 'warn', /another host/],
])('%s', ([, found, level, text]) => {
  const [first] = [found].flat();
  expect(first).toMatchObject({ level, text: expect.stringMatching(text) as unknown });
});

test('findings make a table', () => {
  const findings = [judgeBuffers({ receive: 5, send: 5 }, 5), judgeClock(clock)];
  expect(renderFindings(findings)).toMatchInlineSnapshot(`
    "ok    buffers  sockets may have 5 bytes and more
    ok    clock    2026-11-20T12:00:00.000Z, steady. Whether that is the right time, only a time server knows.
    "
  `);
});
