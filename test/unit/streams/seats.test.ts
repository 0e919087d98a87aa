import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { Seats, type SeatLimits, type SeatRequest, type SessionClient } from '../../../src/streams/seats.ts';
import { parseStreamId } from '../../../src/streams/stream-id.ts';

const someone: SessionClient = {
  address: '192.0.2.1',
  holder: 'token',
  isAnonymous: false,
  maxSessions: undefined,
  maxBitrate: undefined,
  expiresAt: undefined,
};

/** Takes seats one after the other; a word for each. */
function outcomes(
  limits: SeatLimits,
  requests: readonly (readonly [SeatRequest['kind'], stream: string, client?: Partial<SessionClient>])[],
) {
  const seats = new Seats(limits);
  return requests.map(([kind, stream, client]) => {
    try {
      seats.take({ kind, streamId: parseStreamId(stream), client: { ...someone, ...client } });
      return 'in';
    } catch (error) {
      return error instanceof GatewayError ? error.code : String(error);
    }
  });
}

test('without limits everybody gets in', () => {
  expect(
    outcomes({}, [
      ['publish', 'a'],
      ['subscribe', 'a'],
      ['subscribe', 'a'],
    ]),
  ).toEqual(['in', 'in', 'in']);
});

test('publishers and viewers are counted apart, by everything that has a limit', () => {
  expect(
    outcomes({ publishers: 1, viewers: 1 }, [
      ['publish', 'a'],
      ['subscribe', 'a'],
      ['publish', 'b'],
      ['subscribe', 'b'],
    ]),
  ).toEqual(['in', 'in', 'ERR_LIMIT_REACHED', 'ERR_LIMIT_REACHED']);
  expect(
    outcomes({ viewersPerStream: 1 }, [
      ['subscribe', 'a'],
      ['subscribe', 'b'],
      ['subscribe', 'a'],
    ]),
  ).toEqual(['in', 'in', 'ERR_LIMIT_REACHED']);
  expect(
    outcomes({ viewersPerAddress: 1 }, [
      ['subscribe', 'a'],
      ['subscribe', 'a', { address: 'x' }],
      ['subscribe', 'b'],
    ]),
  ).toEqual(['in', 'in', 'ERR_TOO_MANY_SESSIONS']);
});

test('a token has its sessions of both kinds, more or fewer where its grant says so, and who needs none is not counted', () => {
  expect(
    outcomes({ sessionsPerToken: 1 }, [
      ['publish', 'a'],
      ['subscribe', 'a'],
      ['subscribe', 'a', { maxSessions: 2 }],
    ]),
  ).toEqual(['in', 'ERR_TOO_MANY_SESSIONS', 'in']);
  const anyone = { isAnonymous: true, holder: 'anyone' };
  expect(
    outcomes({ sessionsPerToken: 1 }, [
      ['subscribe', 'a', anyone],
      ['subscribe', 'a', anyone],
    ]),
  ).toEqual(['in', 'in']);
});

test('one newcomer at a time takes the seat of the publisher that it replaces', () => {
  const limits = { publishers: 1, publishersPerAddress: 1, sessionsPerToken: 1 };
  expect(
    outcomes(limits, [
      ['publish', 'a'],
      ['publish', 'a'],
      ['publish', 'a'],
    ]),
  ).toEqual(['in', 'in', 'ERR_LIMIT_REACHED']);
  expect(
    outcomes({ publishersPerAddress: 1 }, [
      ['publish', 'a', { address: 'x' }],
      ['publish', 'b'],
      ['publish', 'a'],
    ]),
  ).toEqual(['in', 'in', 'ERR_TOO_MANY_SESSIONS']);
});

test('a seat is given back once', () => {
  const seats = new Seats({ publishers: 2 });
  const take = (stream: string) => seats.take({ kind: 'publish', streamId: parseStreamId(stream), client: someone });
  const first = take('a');
  take('b');
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  take('c');
  expect(() => take('d')).toThrow(GatewayError);
});
