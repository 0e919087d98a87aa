import { expect, test } from 'vitest';
import type { EgressOutput, OutputReport } from '../../../src/egress/output.ts';
import { OutputList } from '../../../src/egress/output-list.ts';
import { parseStreamId } from '../../../src/streams/stream-id.ts';

function output(stream: string, id: string, stop: () => Promise<void> = async () => undefined): EgressOutput {
  const streamId = parseStreamId(stream);
  const report = (): OutputReport => ({ id, kind: 'rtmp', streamId, state: { name: 'running', since: new Date(0) }, details: {} });
  return { id, kind: 'rtmp', streamId, report, stop };
}

test('outputs are found by stream and id, and strangers hear of them', () => {
  const list = new OutputList();
  const heard: string[] = [];
  list.observer.on('added', ({ id }) => heard.push(`added ${id}`));
  list.observer.on('changed', ({ id }) => heard.push(`changed ${id}`));
  list.observer.on('removed', ({ id }) => heard.push(`removed ${id}`));
  const [first, second] = [output('show', 'a'), output('other', 'a')];
  const entry = list.add(first);
  list.add(second);
  expect(() => list.add(output('show', 'a'))).toThrow(TypeError);
  expect(list.find(first.streamId, 'a')).toBe(first);
  expect(list.list(second.streamId)).toEqual([second]);
  list.changed(first);
  entry[Symbol.dispose]();
  entry[Symbol.dispose]();
  list.changed(first);
  expect(list.list()).toEqual([second]);
  expect(heard).toEqual(['added a', 'added a', 'changed a', 'removed a']);
});

test('closing stops every output, whatever becomes of the others', async () => {
  const list = new OutputList();
  const stopped: string[] = [];
  list.add(output('a', '1', async () => Promise.reject(new Error('disk'))));
  list.add(output('b', '2', async () => void stopped.push('2')));
  await list.close();
  expect(stopped).toEqual(['2']);
});
