import { expect, test } from 'vitest';
import { LayerSwitches, type LayerSwitch, type SwitchReason } from '../../../src/streams/layer-switches.ts';

const layer = (spatialLayer: number) => ({ spatialLayer, temporalLayer: 0 });

function open(isEstimated = false) {
  const told: LayerSwitch[] = [];
  const switches = new LayerSwitches((layerSwitch) => told.push(layerSwitch));
  switches.begin({ isEstimated });
  return { switches, told };
}

test('the beginning and the end have no reason, and what is sent again is no switch', () => {
  const { switches, told } = open();
  switches.sent(layer(1), 0);
  switches.sent({ spatialLayer: 1, temporalLayer: 2 }, 10);
  switches.sent(undefined, 20);
  switches.sent(layer(1), 30);
  switches.end();
  switches.end();
  expect(told).toEqual([
    { from: undefined, to: 1, reason: undefined },
    { from: 1, to: undefined, reason: undefined },
  ]);
});

test('another track ends the one before', () => {
  const { switches, told } = open();
  switches.sent(layer(1), 0);
  switches.begin({ isEstimated: true });
  switches.sent(layer(0), 10);
  expect(told.map(({ from, to }) => [from, to])).toEqual([
    [undefined, 1],
    [1, undefined],
    [undefined, 0],
  ]);
});

test.for<readonly [string, SwitchReason | undefined, number, boolean, SwitchReason]>([
  ['what loss did', 'loss', 0, false, 'loss'],
  ['what a queue did', 'delay', 0, false, 'delay'],
  ['what a try did', 'probe', 2, false, 'probe'],
  ['a wish up', 'wish', 2, false, 'wish'],
  ['a wish down', 'wish', 0, true, 'wish'],
  ['a step down that only tries to go up', 'probe', 0, false, 'publisher'],
  ['a step up after a loss', 'loss', 2, false, 'publisher'],
  ['nothing that was asked for', undefined, 2, false, 'publisher'],
  ['nothing that was asked for, with an estimate', undefined, 0, true, 'estimate'],
])('%s', ([, cause, to, isEstimated, reason]) => {
  const { switches, told } = open(isEstimated);
  switches.sent(layer(1), 0);
  if (cause !== undefined) switches.cause(cause, 100);
  switches.sent(layer(to), 400);
  expect(told.at(-1)).toEqual({ from: 1, to, reason });
});

test('a cause counts once, and not for ever', () => {
  const { switches, told } = open();
  switches.sent(layer(2), 0);
  switches.cause('loss', 0);
  switches.sent(layer(1), 12_000);
  switches.sent(layer(0), 12_100);
  switches.cause('wish', 20_000);
  switches.sent(layer(2), 33_000);
  expect(told.slice(1).map(({ reason }) => reason)).toEqual(['loss', 'publisher', 'publisher']);
});
