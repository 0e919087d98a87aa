import { authorization } from './offer-exchange.ts';

/** What is done when an event arrives; `data` is its JSON. */
export type EventHandlers = Readonly<Record<string, (data: string) => void>>;

/**
 * Listens to a WHEP session's server-sent events until the signal fires. Never throws: who hears nothing still watches.
 *
 * Not while the page is hidden, because without HTTP/2 browsers have six connections for each server, over all tabs; what happens meanwhile waits
 * at the server.
 *
 * @see WHEP core extensions, server-sent events
 */
export async function listenToSession(
  eventsUrl: string,
  { token, handlers, signal }: { readonly token: string | undefined; readonly handlers: EventHandlers; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const headers = { 'Content-Type': 'application/json', ...authorization(token) };
    const response = await fetch(eventsUrl, { method: 'POST', headers, body: JSON.stringify(Object.keys(handlers)), signal });
    const location = response.headers.get('location');
    if (!response.ok || location === null) return;
    const streamUrl = new URL(location, response.url);
    let source: EventSource | undefined;
    const follow = (): void => {
      const isWanted = !document.hidden && !signal.aborted;
      if (!isWanted) source?.close();
      source = isWanted ? (source ?? open(streamUrl, handlers)) : undefined;
    };
    document.addEventListener('visibilitychange', follow, { signal });
    signal.addEventListener('abort', follow);
    follow();
  } catch {
    // Offline, or the session has ended meanwhile: its owner finds out by itself.
  }
}

function open(streamUrl: URL, handlers: EventHandlers): EventSource {
  const source = new EventSource(streamUrl);
  for (const [type, handle] of Object.entries(handlers))
    source.addEventListener(type, (event: MessageEvent<unknown>) => handle(String(event.data)));
  return source;
}
