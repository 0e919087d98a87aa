import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { AccessRequest, AuthMethod, Grant, Verdict } from './access.ts';
import { parseCallbackAnswer, type CallbackAnswer } from './callback-answer.ts';
import { ExpiringMap } from './expiring-map.ts';
import { parseJson, readLimitedText } from './limited-text.ts';
import { loggableUrl, parseServiceUrl, problemOf } from './service-url.ts';
import { Turnstile } from './turnstile.ts';

/** `http`: the operator's own service decides, token or none. */
export interface CallbackOptions {
  readonly method: 'http';
  /** Gets `POST` with JSON: `action`, `stream`, `token`, `address`, `userAgent`; what is not known is null. */
  readonly url: string;
  /** How long it may take, in milliseconds. Default 2000. */
  readonly timeoutMs?: number | undefined;
  /** How long an answer counts for the same question again, in milliseconds. Default 0: not at all. */
  readonly cacheMs?: number | undefined;
}

const maxBytes = 16 * 1024;
const rememberedAnswers = 10_000;

/** Opens the method that asks the operator's service. Throws `ERR_CONFIG_INVALID` when the URL is not usable. */
export function openCallback({ url: text, timeoutMs = 2_000, cacheMs = 0 }: CallbackOptions, logger: Logger): AuthMethod {
  const url = parseServiceUrl(text, 'The URL of the service that authorizes');
  const answers = new ExpiringMap<Verdict>(rememberedAnswers);
  const turnstile = new Turnstile({ atOnce: 256, waiting: 0, perAddress: 64 });
  let isFailing = false;

  const ask = async (request: AccessRequest): Promise<Verdict> => {
    try {
      const verdict = await post(url, request, timeoutMs);
      if (isFailing) logger.info({ url: loggableUrl(url) }, 'the service that authorizes works again');
      isFailing = false;
      return verdict;
    } catch (error) {
      const problem = problemOf(error);
      if (!isFailing && !request.signal.aborted) {
        isFailing = true;
        logger.warn({ url: loggableUrl(url), problem }, 'the service that authorizes fails; nobody gets in by it');
      }
      return { name: 'unavailable', because: problem };
    }
  };

  const judge = async (request: AccessRequest): Promise<Verdict> => {
    const id = idOf(request);
    const known = answers.get(id, Date.now());
    if (known !== undefined) return known;
    const entering = turnstile.enter(request.address);
    if (entering === undefined) return { name: 'unavailable', because: 'too many questions at once' };
    using _turn = await entering;
    const verdict = await ask(request);
    if (cacheMs > 0 && verdict.name !== 'unavailable') answers.set(id, verdict, Math.min(Date.now() + cacheMs, endOf(verdict)));
    return verdict;
  };
  return { name: 'http', judge, [Symbol.asyncDispose]: async () => {} };
}

/** One question is like another, for the cache; tokens are not kept. */
function idOf({ action, streamId, token, address }: AccessRequest): string {
  const question = JSON.stringify([action, streamId ?? null, token ?? null, address]);
  return createHash('sha256').update(question).digest('base64');
}

function endOf(verdict: Verdict): number {
  return verdict.name === 'granted' ? (verdict.grant.expiresAt?.getTime() ?? Infinity) : Infinity;
}

/** Asks. Throws when there is no answer, or none that means anything. */
async function post(url: URL, request: AccessRequest, timeoutMs: number): Promise<Verdict> {
  const { action, streamId: stream = null, token = null, address, userAgent, signal } = request;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ action, stream, token, address, userAgent }),
    redirect: 'manual', // else the token would go wherever the answer points
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const text = await readLimitedText(response, maxBytes);
  const { status } = response;
  if (response.ok) return grant(request, readAnswer(response, text));
  if (status === 401) return { name: 'unauthenticated', reason: token === null ? 'missing' : 'invalid', because: 'status 401' };
  if (status === 408 || status === 429 || status < 400 || status > 499) throw new Error(`status ${status}`);
  return { name: 'forbidden', because: `status ${status}` };
}

/** A service may just say yes; what calls itself JSON has to be an answer, though: it may hold limits. */
function readAnswer(response: Response, text: string): CallbackAnswer {
  const isJson = /^application\/json\b/i.test(response.headers.get('Content-Type') ?? '');
  if (!isJson || text.trim() === '') return {};
  const answer = parseCallbackAnswer(parseJson(text));
  if (answer === undefined) throw new Error('not an answer to the question');
  return answer;
}

function grant({ action, streamId: asked }: AccessRequest, answer: CallbackAnswer): Verdict {
  const { stream, subject = 'http', expiresInSeconds, maxSessions, maxBitrate } = answer;
  const streamId = action === 'operate' ? asked : (asked ?? stream);
  if (streamId === undefined && action !== 'operate') return { name: 'forbidden', because: 'the answer names no stream' };
  if (stream !== undefined && stream !== streamId) return { name: 'forbidden', because: 'the answer is for another stream' };
  const hasLimits = maxSessions !== undefined || maxBitrate !== undefined;
  const limits = { ...(maxSessions !== undefined && { maxSessions }), ...(maxBitrate !== undefined && { maxBitrate }) };
  const expiresAt = expiresInSeconds === undefined ? undefined : new Date(Date.now() + expiresInSeconds * 1000);
  return { name: 'granted', grant: { streamId, subject, expiresAt, limits: hasLimits ? limits : undefined } satisfies Grant };
}
