import type { LayerChoice } from './player-layers.ts';
import { readExtensions, type SessionExtensions } from './session-extensions.ts';

/** Where and as whom to ask for a session. */
export interface Endpoint {
  /** The WHIP or WHEP URL. */
  readonly url: string;
  /** A bearer token, sent with every request. */
  readonly token?: string | undefined;
}

/** What the gateway gave for an offer. */
export interface ExchangedAnswer {
  readonly answerText: string;
  /** The session's own URL, absolute; whoever knows it can end the session. */
  readonly sessionUrl: string;
  readonly extensions: SessionExtensions;
}

/** An offer that got no session: refused by the gateway, or no answer at all. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  /** The HTTP status, or undefined when no answer arrived. */
  readonly status: number | undefined;
  /** The gateway's stable code such as `ERR_STREAM_NOT_LIVE`; `ERR_UNREACHABLE` when no answer arrived. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, facts: { status?: number; code: string; retryAfterSeconds?: number | undefined; cause?: unknown }) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.status = facts.status;
    this.code = facts.code;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** An answer takes milliseconds; after this long there will be none. */
const answerDeadlineMs = 10_000;

/** Nobody waits longer for a farewell. */
const farewellDeadlineMs = 2000;

/**
 * POSTs an offer to a WHIP or WHEP endpoint and returns the answer.
 *
 * Throws {@link ExchangeError}, or the signal's reason when the caller gave up.
 *
 * @see RFC 9725 §4.2
 */
export async function postOffer(endpoint: Endpoint, offerText: string, signal: AbortSignal): Promise<ExchangedAnswer> {
  const response = await send(endpoint, offerText, signal);
  if (response.status !== 201) throw await readRefusal(response);
  const location = response.headers.get('location');
  if (location === null)
    throw new ExchangeError('The server accepted the offer but named no session.', { status: 201, code: 'ERR_NO_LOCATION' });
  const sessionUrl = new URL(location, response.url).href;
  try {
    const extensions = readExtensions(response.headers.get('link'), sessionUrl);
    return { answerText: await response.text(), sessionUrl, extensions };
  } catch (cause) {
    void deleteSession(sessionUrl, endpoint.token);
    signal.throwIfAborted();
    throw new ExchangeError('The server’s answer broke off.', { code: 'ERR_UNREACHABLE', cause });
  }
}

/** Ends a session. Never throws: a session that cannot be told is found dead by the gateway soon after. `keepalive` lets it outlive the page. */
export async function deleteSession(sessionUrl: string, token: string | undefined): Promise<void> {
  try {
    await fetch(sessionUrl, {
      method: 'DELETE',
      headers: authorization(token),
      keepalive: true,
      signal: AbortSignal.timeout(farewellDeadlineMs),
    });
  } catch {
    // Offline or gone: nothing is left to end.
  }
}

async function send(endpoint: Endpoint, offerText: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...authorization(endpoint.token) },
      body: offerText,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerDeadlineMs)]),
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new ExchangeError('The server cannot be reached.', { code: 'ERR_UNREACHABLE', cause });
  }
}

/** Reads an `application/problem+json` body (RFC 9457); other servers' words are replaced by our own. */
async function readRefusal(response: Response): Promise<ExchangeError> {
  const problem = parseProblem(await response.text().catch(() => ''));
  const status = response.status;
  return new ExchangeError(problem.detail ?? `The server refused with status ${status}.`, {
    status,
    code: problem.code ?? `HTTP_${status}`,
    retryAfterSeconds: parseRetryAfter(response.headers.get('retry-after')),
  });
}

function parseProblem(text: string): { code?: string; detail?: string } {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return {};
    return {
      ...('code' in body && typeof body.code === 'string' ? { code: body.code } : {}),
      ...('detail' in body && typeof body.detail === 'string' ? { detail: body.detail } : {}),
    };
  } catch {
    // Not JSON: an error page of some proxy, which says nothing worth showing.
    return {};
  }
}

/** Whole seconds, or the seconds until an HTTP date (RFC 9110 §10.2.3). */
function parseRetryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}

/** What the gateway says is wrong with the media that a session publishes. */
export interface IngestWarning {
  /** Stable, for example `WARN_GOP_LONG`. */
  readonly code: string;
  /** A sentence that tells what to do. */
  readonly message: string;
}

/** Asks for the warnings of a publishing session; a server that has none to tell, or is another product, gives an empty list. */
export async function fetchWarnings(sessionUrl: string, token: string | undefined): Promise<readonly IngestWarning[]> {
  const response = await fetch(`${sessionUrl}/warnings`, { headers: authorization(token), signal: AbortSignal.timeout(5000) });
  if (!response.ok) return [];
  const { warnings = [] } = (await response.json()) as { readonly warnings?: readonly IngestWarning[] };
  return warnings;
}

/** What the gateway knows of the layers that a viewer gets. */
export interface LayerState {
  /** What the viewer's network carries, in bit/s; undefined while it is not known. */
  readonly estimate: number | undefined;
}

/** Asks for the layers that a session gets; undefined where the server has nothing to say. */
export async function fetchLayerState(layerUrl: string, token: string | undefined): Promise<LayerState | undefined> {
  const response = await fetch(layerUrl, { headers: authorization(token), signal: AbortSignal.timeout(5000) });
  if (!response.ok) return undefined;
  const { estimate } = (await response.json()) as { readonly estimate?: number };
  return { estimate };
}

/** Chooses the layers of a session; undefined leaves them to the server. False when that cannot be done. */
export async function postLayer(layerUrl: string, token: string | undefined, choice: LayerChoice | undefined): Promise<boolean> {
  const request: RequestInit =
    choice === undefined
      ? { method: 'DELETE', headers: authorization(token) }
      : { method: 'POST', headers: { 'Content-Type': 'application/json', ...authorization(token) }, body: JSON.stringify(choice) };
  const response = await fetch(layerUrl, { ...request, signal: AbortSignal.timeout(5000) });
  return response.ok;
}

/** The header that carries a bearer token (RFC 6750 §2.1); none without one. */
export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined || token === '' ? {} : { Authorization: `Bearer ${token}` };
}
