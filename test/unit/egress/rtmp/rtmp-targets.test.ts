import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { FragmentHub } from '../../../../src/egress/fragment-hub.ts';
import { OutputList } from '../../../../src/egress/output-list.ts';
import { RtmpTargets, type ConfiguredTarget } from '../../../../src/egress/rtmp/rtmp-targets.ts';
import type { RegistryEvents } from '../../../../src/streams/registry-events.ts';
import { parseStreamId } from '../../../../src/streams/stream-id.ts';

const show = parseStreamId('show');
const written = { url: 'rtmp://127.0.0.1:1/live', key: 'a-key' };
const configured: ConfiguredTarget = { name: 'archive', url: written.url, key: async () => 'a-key', encoding: 'highest' };

/** Targets of streams without media, with everything that they hold in reach. */
function openTargets(targets: readonly ConfiguredTarget[] = []) {
  const streams = new EventEmitter<RegistryEvents>();
  const outputs = new OutputList();
  const told: string[] = [];
  for (const change of ['added', 'removed'] as const) outputs.observer.on(change, ({ id }) => told.push(`${change} ${id}`));
  let hub = new FragmentHub();
  const held = new Set<object>();
  const taps = {
    hold: (_streamId: string, reader: Parameters<FragmentHub['add']>[0]) => {
      const seat = hub.add(reader);
      held.add(seat);
      return {
        [Symbol.dispose]: () => {
          seat[Symbol.dispose]();
          held.delete(seat);
        },
      };
    },
    state: () => ({ name: 'stopped', since: new Date() }) as const,
    launcher: async () => ({ path: 'ffmpeg', setpriv: undefined, ledger: { note: () => undefined } }),
  };
  const rtmp = new RtmpTargets({
    taps,
    outputs,
    streams,
    isGopLong: () => false,
    targetsOf: () => targets,
    caFile: undefined,
    logger: pino({ level: 'silent' }),
  });
  return {
    rtmp,
    outputs,
    streams,
    told,
    held,
    endStream: () => {
      hub.end();
      hub = new FragmentHub();
      streams.emit('ended', show);
    },
    [Symbol.asyncDispose]: async () => rtmp[Symbol.asyncDispose](),
  };
}

const ids = (outputs: OutputList) => outputs.list(show).map(({ id }) => id);

test('a target that is added waits for a publisher, and holds the tap until it is stopped', async () => {
  await using targets = openTargets();
  const output = await targets.rtmp.add(show, { ...written, name: 'mine' });
  expect(output.report()).toMatchObject({
    id: 'rtmp-mine',
    kind: 'rtmp',
    state: { name: 'waiting', reason: 'publisher' },
    details: { name: 'mine', url: written.url, attempts: 0, sentBytes: 0 },
  });
  expect([ids(targets.outputs), targets.held.size]).toEqual([['rtmp-mine'], 1]);
  await output.stop();
  expect([ids(targets.outputs), targets.held.size]).toEqual([[], 0]);
  await output.stop();
  expect(targets.told).toEqual(['added rtmp-mine', 'removed rtmp-mine']);
});

test('names are unique within a stream, made up where none is given, and not too many', async () => {
  await using targets = openTargets();
  await targets.rtmp.add(show, { ...written, name: 'mine' });
  const refused = async (streamId: string, target: object): Promise<unknown> =>
    targets.rtmp.add(parseStreamId(streamId), { ...written, ...target }).catch((error: unknown) => error);
  expect(await refused('show', { name: 'mine' })).toMatchObject({ code: 'ERR_EGRESS_EXISTS' });
  for (let index = 1; index < 20; index += 1) await targets.rtmp.add(show, written);
  expect(new Set(ids(targets.outputs)).size).toBe(20);
  expect(await refused('show', {})).toMatchObject({ code: 'ERR_LIMIT_REACHED' });
  expect(await refused('other', { key: 'no key' })).toMatchObject({ code: 'ERR_EGRESS_TARGET_INVALID' });
});

test('a target that was added outlives its stream, and is fed again when the stream is back', async () => {
  await using targets = openTargets();
  await targets.rtmp.add(show, { ...written, name: 'mine' });
  targets.endStream();
  expect([ids(targets.outputs), targets.held.size]).toEqual([['rtmp-mine'], 0]);
  targets.streams.emit('live', show);
  targets.streams.emit('live', show);
  expect(targets.held.size).toBe(1);
});

test('a target of the configuration comes and goes with its stream', async () => {
  await using targets = openTargets([configured]);
  expect(ids(targets.outputs)).toEqual([]);
  targets.streams.emit('live', show);
  targets.streams.emit('live', show);
  expect([ids(targets.outputs), targets.held.size]).toEqual([['rtmp-archive'], 1]);
  targets.endStream();
  await expect.poll(() => [ids(targets.outputs), targets.held.size]).toEqual([[], 0]);
  targets.streams.emit('live', show);
  expect(ids(targets.outputs)).toEqual(['rtmp-archive']);
});

test('one that an operator stopped stays away until the stream has ended', async () => {
  await using targets = openTargets([configured]);
  targets.streams.emit('live', show);
  await targets.outputs.find(show, 'rtmp-archive')?.stop();
  targets.streams.emit('live', show);
  expect(ids(targets.outputs)).toEqual([]);
  targets.endStream();
  targets.streams.emit('live', show);
  expect(ids(targets.outputs)).toEqual(['rtmp-archive']);
});

test('closing stops everything, and nothing begins any more', async () => {
  const targets = openTargets([configured]);
  await targets.rtmp.add(show, written);
  targets.streams.emit('live', show);
  await targets.rtmp[Symbol.asyncDispose]();
  targets.streams.emit('live', parseStreamId('other'));
  expect([targets.outputs.list(), targets.held.size]).toEqual([[], 0]);
});
