import { scryptSync } from 'node:crypto';
import { UnsecuredJWT } from 'jose';
import { afterAll, expect, test } from 'vitest';
import type { AccessRequest } from '../../../src/auth/access.ts';
import { openAuthorizer, type AuthOptions } from '../../../src/auth/authorizer.ts';
import { digestOf } from '../../../src/auth/stored-key.ts';
import {
  accessRequest,
  errorOf,
  inSeconds,
  makeKey,
  mint,
  openService,
  openTestAuthorizer,
  outcomeOf,
  recordingLogger,
  replyJson,
} from '../../fixtures/auth.ts';

/*
 * Who may do what: mode × action × token. Every mode hands out the same tokens, by name: `publisher` may publish `show` and `show-*`,
 * `viewer` may play them, `operator` may operate everything, `nobody` is known and may do nothing.
 */

const scopes = {
  publisher: { publish: ['show', 'show-*'] },
  viewer: { play: ['show', 'show-*'] },
  operator: { operate: true },
  nobody: {},
} as const;
type Party = keyof typeof scopes;
const parties = Object.keys(scopes) as Party[];

interface Mode {
  readonly name: string;
  readonly options: AuthOptions[number];
  readonly tokens: Readonly<Record<Party, string>>;
  /** Tokens that are no good, by what is wrong with them. */
  readonly bad: Readonly<Record<string, string>>;
}

async function tokensBy(make: (party: Party) => Promise<string>): Promise<Readonly<Record<Party, string>>> {
  const [publisher, viewer, operator, nobody] = await Promise.all(parties.map(make));
  return { publisher: publisher ?? '', viewer: viewer ?? '', operator: operator ?? '', nobody: nobody ?? '' };
}

const junk = { junk: 'undefined', empty: '', huge: 'x'.repeat(8193), 'half a JWT': 'eyJhbGciOiJub25lIn0.e30', binary: '\u0000\u00ff' };

const salt = 'ab'.repeat(16);
const stored = {
  plain: (key: string) => key,
  sha256: (key: string) => `sha256:${digestOf(key).toString('hex')}`,
  scrypt: (key: string) => `scrypt:1024:8:1:${salt}:${scryptSync(key, Buffer.from(salt, 'hex'), 32, { N: 1024 }).toString('hex')}`,
};

async function keysMode(kind: keyof typeof stored): Promise<Mode> {
  const tokens = await tokensBy(async (party) => digestOf(party).toString('hex'));
  const keys = parties.map((party) => ({ name: party, key: stored[kind](tokens[party]), ...scopes[party] }));
  return {
    name: `keys (${kind})`,
    options: { method: 'keys', keys },
    tokens,
    bad: { wrong: digestOf('somebody').toString('hex'), stored: stored.sha256(tokens.viewer), ...junk },
  };
}

const secret = 'a-secret-that-is-long-enough-for-all:0123456789abcdefghijklmnopqrstuv';

async function jwtMode(
  name: string,
  options: AuthOptions[number],
  sign: (claims: object, alg?: string) => Promise<string>,
  confused: string,
) {
  const all = { publish: true, play: true, operate: true };
  const claims = { sluice: all };
  const tokens = await tokensBy(async (party) => sign({ sub: party, sluice: scopes[party] }));
  const good = tokens.publisher;
  const bad = {
    'wrong signature': good.slice(0, -8) + (good.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'),
    'wrong algorithm': confused,
    unsigned: new UnsecuredJWT(claims).setExpirationTime('1h').encode(),
    'no exp': await sign({ ...claims, exp: undefined }),
    'not yet': await sign({ ...claims, nbf: inSeconds(3600) }),
    'malformed claim': await sign({ sluice: { ...all, play: '*' } }),
    'claims of another': `${good.split('.')[0]}.${tokens.operator.split('.')[1]}.${good.split('.')[2]}`,
    ...junk,
  };
  return { name, options, tokens, bad, expired: await sign({ ...claims, exp: inSeconds(-3600) }) };
}

const key = await makeKey('ES256', 'k');
const stranger = await makeKey('ES256', 'k');
const service = await openService((request, response) => {
  if (request.method === 'GET') replyJson(response, { keys: [key.jwk] });
  else decide(JSON.parse(service.bodies.at(-1) ?? '') as Question, (code) => response.writeHead(code).end());
});

afterAll(async () => service[Symbol.asyncDispose]());

interface Question {
  readonly action: AccessRequest['action'];
  readonly stream: string | null;
  readonly token: string | null;
}

/** What an operator's own service would do. */
function decide({ action, stream, token }: Question, answer: (code: number) => void): void {
  const party = parties.find((each) => token === `of-${each}`);
  if (party === undefined) return answer(401);
  const allowed = { publisher: 'publish', viewer: 'play', operator: 'operate', nobody: undefined }[party];
  return answer(allowed === action && (party === 'operator' || stream?.startsWith('show') === true) ? 204 : 403);
}

const hmac = (alg: string) => async (claims: object) => mint(new TextEncoder().encode(secret), { alg }, { ...claims });
const modes: readonly (Mode & { expired?: string })[] = [
  await keysMode('plain'),
  await keysMode('sha256'),
  await keysMode('scrypt'),
  await jwtMode(
    'jwt (secret)',
    { method: 'jwt', keys: { from: 'secret', secret } },
    hmac('HS256'),
    await key.mint({ sluice: { publish: true, play: true } }),
  ),
  await jwtMode(
    'jwt (key set)',
    { method: 'jwt', keys: { from: 'url', url: service.url } },
    async (claims) => key.mint({ ...claims }),
    await mint(new TextEncoder().encode(JSON.stringify(key.jwk)), { alg: 'HS256' }, { sluice: { publish: true, play: true } }),
  ),
  {
    name: 'http',
    options: { method: 'http', url: service.url },
    tokens: await tokensBy(async (party) => `of-${party}`),
    bad: { wrong: 'of-nobodY', stranger: await stranger.mint({}), ...junk },
  },
];

/** Each party, action and stream, and who of them is let in. */
const requests = (['publish', 'play', 'operate'] as const).flatMap((action) =>
  (['show', 'show-2', 'other', undefined] as const).map((streamId) => ({ action, streamId })),
);

function expectedFor(party: Party, { action, streamId }: (typeof requests)[number]): string {
  const mayAct = { publisher: 'publish', viewer: 'play', operator: 'operate', nobody: '' }[party] === action;
  const mayHave = party === 'operator' || streamId === 'show' || streamId === 'show-2';
  return mayAct && mayHave ? 'granted' : 'ERR_FORBIDDEN';
}

const matrix = modes.flatMap((mode) => parties.flatMap((party) => requests.map((request) => ({ mode, party, ...request }))));

test.for(matrix.map((row) => ({ ...row, modeName: row.mode.name })))(
  '$modeName: $party wants to $action $streamId',
  async ({ mode, party, action, streamId }) => {
    await using auth = await openTestAuthorizer(mode.options);
    expect(await outcomeOf(auth, { action, streamId, token: mode.tokens[party] })).toBe(expectedFor(party, { action, streamId }));
  },
);

test.for(modes)('$name: no bad token does anything', async ({ options, bad }) => {
  await using auth = await openTestAuthorizer(options);
  for (const [problem, token] of Object.entries(bad)) {
    for (const action of ['publish', 'play', 'operate'] as const) {
      expect([problem, await outcomeOf(auth, { action, token })]).toEqual([problem, 'ERR_UNAUTHENTICATED invalid']);
    }
  }
});

test.for(modes)('$name: no token is a missing one', async ({ options }) => {
  await using auth = await openTestAuthorizer(options);
  for (const action of ['publish', 'play', 'operate'] as const)
    expect(await outcomeOf(auth, { action })).toBe('ERR_UNAUTHENTICATED missing');
});

test.for(modes.flatMap(({ name, options, expired }) => (expired === undefined ? [] : [{ name, options, expired }])))(
  '$name: an expired token is told from a wrong one',
  async ({ options, expired }) => {
    await using auth = await openTestAuthorizer(options);
    expect(await outcomeOf(auth, { token: expired })).toBe('ERR_UNAUTHENTICATED expired');
  },
);

test.for(modes)('$name: tokens are in no log, error or detail', async ({ options, tokens, bad }) => {
  const { logger, lines } = recordingLogger();
  await using auth = await openAuthorizer([options], { logger });
  const told: string[] = [];
  const sent = [...Object.values(tokens), ...Object.values(bad)].filter(({ length }) => length > 12);
  for (const token of sent) {
    const error = await errorOf(auth.authorize(accessRequest({ action: 'play', streamId: 'other', token })));
    told.push(JSON.stringify([error.message, error.details, error.stack, String(error.cause)]));
  }
  const parts = sent.flatMap((token) => [token.slice(0, 12), token.slice(-12)]);
  expect([...lines, ...told].filter((text) => parts.some((part) => text.includes(part)))).toEqual([]);
});
