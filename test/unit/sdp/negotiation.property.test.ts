import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { writePublishAnswer, writeSubscribeAnswer } from '../../../src/sdp/answer.ts';
import type { TrackDescription } from '../../../src/sdp/model.ts';
import { parseOffer } from '../../../src/sdp/offer.ts';
import { planPublish } from '../../../src/sdp/publish-plan.ts';
import { consumeCapabilities, planSubscribe, sectionFor } from '../../../src/sdp/subscribe-plan.ts';
import { expectToAnswer, join, split } from '../../fixtures/expect-answer.ts';
import { corpus, local, opusTrack, sendersOf, videoTrack } from '../../fixtures/offers/corpus.ts';

const track: fc.Arbitrary<TrackDescription> = fc.oneof(
  fc.constantFrom('42e01f', '4d001f', '640c1f', '640028', '6e0028').map((profile) => videoTrack('H264', { 'profile-level-id': profile })),
  fc.constantFrom('VP8' as const, 'VP9' as const, 'AV1' as const).map((codec) => videoTrack(codec)),
  fc.constant<TrackDescription>({ ...videoTrack('VP8'), rids: ['l', 'm', 'h'], layered: true }),
);
const tracks = fc.tuple(fc.option(fc.constant(opusTrack)), fc.option(track)).map((pair) => pair.filter((one) => one !== null));
const codecs = fc.shuffledSubarray(['offer', 'H264', 'VP8', 'VP9', 'AV1'] as const);
const userAgent = fc.constantFrom('', 'Mozilla/5.0', 'OBS-Studio/32.1', 'Go-http-client/1.1');

/** `answered`, or the code of a refusal; any other error is a failure. */
function outcome(negotiate: () => void): string {
  try {
    negotiate();
    return 'answered';
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
}

/** The outcomes that a client can do something about. */
const fair = /^(?:answered|ERR_OFFER_\w+|ERR_CODEC_\w+|ERR_NO_COMMON_CODEC)$/;

function publish(text: string, wanted: readonly ('offer' | 'H264' | 'VP8' | 'VP9' | 'AV1')[], agent: string): string {
  return outcome(() => {
    const plan = planPublish(parseOffer(text), { codecs: wanted, userAgent: agent });
    expectToAnswer(text, writePublishAnswer(plan, local), 'as offered');
    for (const { rtpParameters, description } of plan.tracks) {
      expect(rtpParameters.codecs.length).toBeGreaterThan(0);
      expect(description.rids.length).toBeLessThanOrEqual(rtpParameters.encodings?.length ?? 0);
    }
  });
}

function subscribe(text: string, wanted: readonly TrackDescription[], agent: string): string {
  return outcome(() => {
    const plan = planSubscribe(parseOffer(text), { tracks: wanted, userAgent: agent });
    expectToAnswer(text, writeSubscribeAnswer(plan, local, sendersOf(plan)), 'as offered or unused');
    for (const one of wanted) {
      const section = sectionFor(plan, one);
      if (section !== undefined) expect(consumeCapabilities(section, one).codecs?.length).toBeGreaterThan(0);
    }
  });
}

const any = fc.record({ offer: fc.constantFrom(...corpus), seed: fc.integer({ min: 0 }), codecs, tracks, userAgent });

/** A small generator of numbers, so that one seed names one mutation. */
function numbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function shuffled<T>(items: readonly T[], next: (limit: number) => number): T[] {
  return items
    .map((item) => ({ item, key: next(1e9) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Gives the codecs of one section other numbers, everywhere they stand. */
function renumbered(lines: readonly string[], next: (limit: number) => number): string[] {
  const [first = '', ...rest] = lines;
  const [type, port, protocol, ...formats] = first.split(' ');
  const pool = shuffled(
    Array.from({ length: 128 }, (_, number) => String(number)),
    next,
  );
  const renamed = new Map(formats.map((format, index) => [format, pool[index] ?? format]));
  const rename = (number: string) => renamed.get(number) ?? number;
  const body = rest.map((line) =>
    line
      .replace(/^(a=(?:rtpmap|fmtp|rtcp-fb):)(\d+)/, (_, head: string, number: string) => head + rename(number))
      .replace(/ apt=(\d+)/, (_, number: string) => ` apt=${rename(number)}`),
  );
  return [[type, port, protocol, ...formats.map(rename)].join(' '), ...body];
}

const mutations: Readonly<Record<string, (text: string, next: (limit: number) => number) => string>> = {
  'as it is': (text) => text,
  'with lines dropped': (text, next) => {
    const { session, sections } = split(text);
    const keep = (line: string) => /^[vm]=/.test(line) || next(12) > 0;
    return join({ session: session.filter(keep), sections: sections.map((lines) => lines.filter(keep)) });
  },
  'with attributes shuffled': (text, next) => {
    const { session, sections } = split(text);
    return join({ session, sections: sections.map(([first = '', ...rest]) => [first, ...shuffled(rest, next)]) });
  },
  'with payload types renumbered': (text, next) => {
    const { session, sections } = split(text);
    return join({ session, sections: sections.map((lines) => renumbered(lines, next)) });
  },
  'with extensions renumbered': (text, next) => {
    const shift = next(14);
    return text.replaceAll(/^a=extmap:(\d+)/gm, (_, id: string) => `a=extmap:${((Number(id) + shift) % 15) + 1}`);
  },
  'with lines repeated': (text, next) => {
    const { session, sections } = split(text);
    return join({
      session,
      sections: sections.map((lines) => lines.flatMap((line) => (!line.startsWith('m=') && next(10) === 0 ? [line, line] : [line]))),
    });
  },
  'with sections in another order': (text, next) => {
    const { session, sections } = split(text);
    return join({ session, sections: shuffled(sections, next) });
  },
  'with sections switched off': (text, next) => {
    const { session, sections } = split(text);
    return join({
      session,
      sections: sections.map(([first = '', ...rest]) => [next(2) === 0 ? first.replace(/ \d+ /, ' 0 ') : first, ...rest]),
    });
  },
  'with characters changed': (text, next) => {
    const at = next(text.length);
    return text.slice(0, at) + String.fromCharCode(32 + next(95)) + text.slice(at + 1);
  },
  'cut off': (text, next) => text.slice(0, next(text.length)),
};

test.for(Object.keys(mutations))('an offer %s is answered rightly or refused with a code', (name) => {
  fc.assert(
    fc.property(any, ({ offer, seed, codecs: wanted, tracks: present, userAgent: agent }) => {
      const text = mutations[name]?.(offer.text, numbers(seed)) ?? '';
      expect(publish(text, wanted, agent)).toMatch(fair);
      expect(subscribe(text, present, agent)).toMatch(fair);
    }),
    { numRuns: 150 },
  );
});

test('several mutations at once are answered rightly or refused with a code', () => {
  fc.assert(
    fc.property(any, fc.array(fc.constantFrom(...Object.values(mutations)), { minLength: 2, maxLength: 4 }), (input, steps) => {
      const next = numbers(input.seed);
      const text = steps.reduce((result, step) => (result === '' ? result : step(result, next)), input.offer.text);
      expect(publish(text, input.codecs, input.userAgent)).toMatch(fair);
      expect(subscribe(text, input.tracks, input.userAgent)).toMatch(fair);
    }),
    { numRuns: 300 },
  );
});

test('any text at all is refused with a code', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom(...corpus.flatMap(({ text }) => text.split('\r\n'))));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const text = `v=0\r\n${lines.join('\r\n')}`;
      expect(outcome(() => parseOffer(text))).toMatch(fair);
      expect(outcome(() => parseOffer(lines.join('\n')))).toMatch(fair);
    }),
  );
});
