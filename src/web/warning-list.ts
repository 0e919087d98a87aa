import { make, part } from './page-parts.ts';
import type { WhipPublisher } from './whip-publisher.ts';

const everyMs = 5000;

/** Shows what the gateway says is wrong with what this page sends, and asks again every few seconds. */
export function watchWarnings(publisherNow: () => WhipPublisher | undefined): void {
  setInterval(() => void showWarnings(publisherNow()), everyMs);
}

async function showWarnings(publisher: WhipPublisher | undefined): Promise<void> {
  const list = part('warnings', HTMLUListElement);
  // A server that cannot be asked now is asked again; that the connection is lost is said elsewhere.
  const warnings = publisher?.state.name === 'live' ? await publisher.warnings().catch(() => undefined) : [];
  if (warnings === undefined) return;
  const codes = warnings.map(({ code }) => code).join(' ');
  if (list.dataset['codes'] === codes) return;
  list.dataset['codes'] = codes;
  list.hidden = warnings.length === 0;
  list.replaceChildren(...warnings.map(({ message }) => make('li', '', message)));
}
