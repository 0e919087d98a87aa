import { inSeconds, mint, openService, replyJson } from '../fixtures/auth.ts';
import { type ConfiguredGateway, openConfigured } from './configured-gateway.ts';

/** What a token in the matrix is for. */
export type TestAction = 'publish' | 'play' | 'operate';

/** What is wrong with it, if anything. */
export type Proof = 'good' | 'bad' | 'expired' | 'for another stream' | 'for another action';

/** A gateway that asks for tokens, and how to get some. */
export interface GuardedGateway extends AsyncDisposable {
  readonly gateway: ConfiguredGateway;
  readonly tokenFor: (action: TestAction, proof: Proof) => Promise<string>;
}

const secret = 'a secret that has more than 32 bytes';
const otherAction = { publish: 'play', play: 'publish', operate: 'play' } as const;

/** Each mode grants the same by other means. */
export const openMode = {
  keys: async (): Promise<GuardedGateway> => {
    const gateway = await openConfigured({}, { yaml: keysYaml });
    return {
      gateway,
      tokenFor: async (action, proof) =>
        ({
          good: `key-of-${action}`,
          bad: 'key-of-nobody',
          expired: 'key-that-was-withdrawn',
          'for another stream': 'key-of-other',
          'for another action': `key-of-${otherAction[action]}`,
        })[proof],
      [Symbol.asyncDispose]: async () => gateway.close(),
    };
  },
  jwt: async (): Promise<GuardedGateway> => {
    const gateway = await openConfigured({ SLUICE_AUTH_MODE: 'jwt', SLUICE_AUTH_JWT_SECRET: secret });
    return {
      gateway,
      tokenFor: async (action, proof) => {
        const stream = proof === 'for another stream' ? 'other' : action === 'operate' ? '*' : 'show';
        const allowed = proof === 'for another action' ? otherAction[action] : action;
        const key = proof === 'bad' ? `${secret}, but another one` : secret;
        return mintToken({ sluice: { [allowed]: [stream] }, ...(proof === 'expired' && { exp: inSeconds(-60) }) }, key);
      },
      [Symbol.asyncDispose]: async () => gateway.close(),
    };
  },
  http: async (): Promise<GuardedGateway> => {
    await using opened = new AsyncDisposableStack();
    const service = opened.use(await openDecider());
    const gateway = opened.use(await openConfigured({ SLUICE_AUTH_MODE: 'http', SLUICE_AUTH_HTTP_URL: service.url }));
    const parts = opened.move();
    return {
      gateway,
      tokenFor: async (action, proof) =>
        ({
          good: `${action}-${action === 'operate' ? 'all' : 'show'}`,
          bad: 'nonsense',
          expired: 'expired',
          'for another stream': `${action}-other`,
          'for another action': `${otherAction[action]}-show`,
        })[proof],
      [Symbol.asyncDispose]: async () => parts.disposeAsync(),
    };
  },
};

/** A token for gateways in mode `jwt`. */
export async function mintToken(claims: Record<string, unknown>, key = secret): Promise<string> {
  return mint(new TextEncoder().encode(key), { alg: 'HS256' }, claims);
}

/** What makes {@link mintToken}'s tokens good. */
export const jwtEnvironment = { SLUICE_AUTH_MODE: 'jwt', SLUICE_AUTH_JWT_SECRET: secret };

/** Keys for `show` by their action, and one for everything of `other`. */
export const keysYaml = `
auth:
  mode: keys
  keys:
    list:
      - { name: publisher, key: key-of-publish, publish: [show] }
      - { name: player, key: key-of-play, play: [show] }
      - { name: operator, key: key-of-operate, operate: true }
      - { name: others, key: key-of-other, publish: [other], play: [other], operate: [other] }
`;

/** An operator's own service, whose tokens read like `publish-show`. */
async function openDecider() {
  const service = await openService((_request, response) => {
    const question: unknown = JSON.parse(service.bodies.at(-1) ?? '');
    const { action, stream, token } = question as { action: string; stream: string | null; token: string | null };
    if (token === null || !token.includes('-')) response.writeHead(401).end();
    else if (token === `${action}-${stream ?? 'all'}`) replyJson(response, { subject: 'somebody' });
    else response.writeHead(403).end();
  });
  return service;
}
