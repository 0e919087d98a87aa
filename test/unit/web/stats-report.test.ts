import { expect, test } from 'vitest';
import {
  codecOf,
  entriesOf,
  entryNamedBy,
  lossRatio,
  numberIn,
  perSecond,
  selectedPair,
  type StatsEntry,
  textIn,
} from '../../../src/web/stats-report.ts';

const video = { id: 'V', type: 'inbound-rtp', kind: 'video', codecId: 'C', bytesReceived: 10 };
const audio = { id: 'A', type: 'inbound-rtp', kind: 'audio', codecId: 'gone' };
const codec = { id: 'C', type: 'codec', mimeType: 'video/VP8' };
const entries: readonly StatsEntry[] = [audio, video, codec];

test('only fields of the right type are read', () => {
  expect([numberIn(video, 'bytesReceived'), numberIn(video, 'kind'), numberIn(video, 'none'), numberIn(undefined, 'x')]).toEqual([
    10,
    undefined,
    undefined,
    undefined,
  ]);
  expect([textIn(video, 'kind'), textIn(video, 'bytesReceived'), textIn(undefined, 'kind')]).toEqual(['video', undefined, undefined]);
});

test('entries are found by type, by kind and by reference', () => {
  expect(entriesOf(entries, 'inbound-rtp')).toEqual([audio, video]);
  expect(entriesOf(entries, 'inbound-rtp', 'video')).toEqual([video]);
  expect(entryNamedBy(entries, video, 'codecId')).toBe(codec);
  expect(entryNamedBy(entries, audio, 'codecId')).toBeUndefined();
  expect([codecOf(entries, video), codecOf(entries, audio), codecOf(entries, undefined)]).toEqual(['VP8', undefined, undefined]);
});

const pairs = [
  { id: 'P1', type: 'candidate-pair', nominated: false },
  { id: 'P2', type: 'candidate-pair', nominated: true },
];

test.for<[string, readonly StatsEntry[], string | undefined]>([
  ['that the transport names', [{ id: 'T', type: 'transport', selectedCandidatePairId: 'P1' }, ...pairs], 'P1'],
  ['that is nominated, where the transport names none (Firefox)', [{ id: 'T', type: 'transport' }, ...pairs], 'P2'],
  ['that is nominated, where there is no transport', pairs, 'P2'],
  ['of none, before one is nominated', pairs.slice(0, 1), undefined],
])('the selected pair is the one %s', ([, report, id]) => {
  expect(textIn(selectedPair(report), 'id')).toBe(id);
});

test.for([
  ['grows over a second', { at: 2000, total: 300 }, { at: 1000, total: 100 }, 200],
  ['grows over half a second', { at: 1500, total: 300 }, { at: 1000, total: 100 }, 400],
  ['stays', { at: 2000, total: 100 }, { at: 1000, total: 100 }, 0],
  ['was read for the first time', { at: 2000, total: 100 }, undefined, undefined],
  ['was read a moment ago', { at: 1199, total: 300 }, { at: 1000, total: 100 }, undefined],
  ['began anew', { at: 2000, total: 50 }, { at: 1000, total: 100 }, undefined],
] as const)('the rate of a total that %s is known or not', ([, now, before, rate]) => {
  expect(perSecond(now, before)).toBe(rate);
});

test.for([
  ['no packets at all', { packetsPassed: 0, packetsLost: 0 }, undefined, undefined],
  ['every packet passed', { packetsPassed: 100, packetsLost: 0 }, undefined, 0],
  ['one in four lost', { packetsPassed: 3, packetsLost: 1 }, undefined, 0.25],
  ['only what is new counts', { packetsPassed: 190, packetsLost: 20 }, { packetsPassed: 100, packetsLost: 10 }, 0.1],
  ['late packets lower the total lost', { packetsPassed: 200, packetsLost: 8 }, { packetsPassed: 100, packetsLost: 10 }, 0],
  ['nothing is new', { packetsPassed: 100, packetsLost: 10 }, { packetsPassed: 100, packetsLost: 10 }, undefined],
] as const)('loss: %s', ([, now, before, ratio]) => {
  expect(lossRatio(now, before)).toBe(ratio);
});
