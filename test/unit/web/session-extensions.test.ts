import { expect, test } from 'vitest';
import { readExtensions } from '../../../src/web/session-extensions.ts';

const core = 'urn:ietf:params:whep:ext:core';
const session = 'https://host.example/live/whep/show/secret';

test.for([
  [
    'those of the gateway, as several lines reach a page',
    `<stun:stun.example>; rel="ice-server", <${session}/events>; rel="${core}:server-sent-events"; events="active,layers", <${session}/layer>; rel="${core}:layer"`,
    { events: `${session}/events`, layer: `${session}/layer` },
  ],
  [
    'links that a proxy left without its prefix',
    `<https://host.example/whep/show/secret/events?unnamed>; rel="${core}:server-sent-events"`,
    { events: `${session}/events?unnamed`, layer: undefined },
  ],
  [
    'those of another server, wherever they are',
    `</layers/7>; rel=${core}:layer`,
    { events: undefined, layer: 'https://host.example/layers/7' },
  ],
  ['none', null, { events: undefined, layer: undefined }],
  ['strangers only', '<turn:turn.example>; rel="ice-server"; username="a,b"', { events: undefined, layer: undefined }],
] as const)('extensions are found: %s', ([, header, expected]) => {
  expect(readExtensions(header, session)).toEqual(expected);
});
