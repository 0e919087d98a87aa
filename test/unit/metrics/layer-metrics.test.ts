import { EventEmitter } from 'node:events';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { countLayers } from '../../../src/metrics/layer-metrics.ts';
import type { RegistryEvents, SessionInfo } from '../../../src/streams/registry-events.ts';
import { parseStreamId } from '../../../src/streams/stream-id.ts';

function viewer(id: string): SessionInfo {
  return { id, kind: 'subscribe', streamId: parseStreamId('show'), userAgent: '' };
}

test('layers are counted by viewer, by time and by what moved them', async () => {
  const store = new Registry();
  const observer = new EventEmitter<RegistryEvents>();
  let nowMs = 0;
  const settle = countLayers(store, observer, () => nowMs);
  const read = async () => {
    settle();
    return (await store.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
  observer.emit('layerswitch', viewer('a'), { from: undefined, to: 2, reason: undefined });
  observer.emit('layerswitch', viewer('b'), { from: undefined, to: 0, reason: undefined });
  nowMs = 4000;
  expect(await read()).toEqual([
    'sluice_layer_seconds_total{layer="2"} 4',
    'sluice_layer_seconds_total{layer="0"} 4',
    'sluice_layer_viewers{layer="2"} 1',
    'sluice_layer_viewers{layer="0"} 1',
  ]);
  nowMs = 5000;
  observer.emit('layerswitch', viewer('a'), { from: 2, to: 0, reason: 'loss' });
  observer.emit('freeze', viewer('a'), 'key-frame');
  nowMs = 6000;
  observer.emit('layerswitch', viewer('b'), { from: 0, to: undefined, reason: undefined });
  nowMs = 8000;
  observer.emit('layerswitch', viewer('a'), { from: 0, to: 1, reason: 'probe' });
  nowMs = 9000;
  expect(await read()).toEqual([
    'sluice_layer_switches_total{direction="down",reason="loss"} 1',
    'sluice_layer_switches_total{direction="up",reason="probe"} 1',
    'sluice_layer_seconds_total{layer="2"} 5',
    'sluice_layer_seconds_total{layer="0"} 9',
    'sluice_layer_seconds_total{layer="1"} 1',
    'sluice_layer_viewers{layer="1"} 1',
    'sluice_viewer_freezes_total{sign="key-frame"} 1',
  ]);
});
