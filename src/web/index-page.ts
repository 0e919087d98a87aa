import { factsOf, fetchStreams, type ListedStream } from './live-list.ts';
import { make, part, readyCopyButtons, write } from './page-parts.ts';
import { addressOf, isStreamId } from './stream-address.ts';
import { ThumbnailPicture } from './thumbnail.ts';
import { counted } from './wording.ts';

/** How often the list of streams is brought up to date while somebody looks. */
const lookEveryMs = 2000;

const nameField = part('stream-name', HTMLInputElement);
const nameHint = part('name-hint', HTMLElement);
const list = part('live-list', HTMLUListElement);
const note = part('live-note', HTMLElement);
const rows = new Map<string, ReturnType<typeof makeRow>>();

function makeRow(streamId: string): { item: HTMLLIElement; picture: ThumbnailPicture; pill: HTMLElement; facts: HTMLElement } {
  const item = make('li', '');
  const link = make('a', '', streamId);
  link.href = addressOf(streamId).watchPage;
  const pill = make('span', 'pill');
  const facts = make('span', 'facts');
  const picture = new ThumbnailPicture(streamId);
  item.append(picture.image, link, pill, facts);
  return { item, picture, pill, facts };
}

/** Rows are kept, not made anew, so that keyboard focus stays where it is. */
function showStreams(streams: readonly ListedStream[]): void {
  const names = new Set(streams.map(({ streamId }) => streamId));
  for (const [streamId, { item }] of rows) {
    if (names.has(streamId)) continue;
    item.remove();
    rows.delete(streamId);
  }
  for (const stream of streams) {
    const row = rows.get(stream.streamId) ?? makeRow(stream.streamId);
    rows.set(stream.streamId, row);
    write(row.pill, stream.live ? 'Live' : 'Waiting');
    row.pill.className = stream.live ? 'pill live' : 'pill busy';
    write(row.facts, factsOf(stream, new Date()));
    row.picture.refresh(stream.live && stream.thumbnail, Date.now());
    if (!row.item.isConnected) list.append(row.item);
  }
  write(part('live-count', HTMLElement), streams.length === 0 ? '' : counted(streams.length, 'stream'));
  showNote(streams.length === 0 ? 'Nothing is on. Choose a name above and be the first.' : '', streams.length === 0 ? 'empty' : 'listed');
}

function showNote(text: string, state: 'empty' | 'listed' | 'unreachable'): void {
  write(note, text);
  note.hidden = text === '';
  document.body.dataset['state'] = state;
}

async function look(): Promise<void> {
  try {
    showStreams(await fetchStreams(AbortSignal.timeout(lookEveryMs * 2)));
  } catch {
    // Whatever the cause, the cure is the same: look again.
    showNote('The server does not answer at the moment. Looking again…', 'unreachable');
  }
}

/** Looks again and again while the page is in sight, and at once when it comes into sight. */
function keepLooking(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = async (): Promise<void> => {
    clearTimeout(timer);
    if (document.hidden) return;
    await look();
    clearTimeout(timer);
    timer = setTimeout(() => void next(), lookEveryMs);
  };
  document.addEventListener('visibilitychange', () => void next());
  void next();
}

function showAddresses(): void {
  const name = nameField.value.trim();
  const good = isStreamId(name);
  const { whip, whep } = addressOf(good ? name : 'show');
  write(part('whip-url', HTMLElement), whip);
  write(part('whep-url', HTMLElement), whep);
  if (good) markName(true);
}

function markName(good: boolean): void {
  nameField.setAttribute('aria-invalid', String(!good));
  if (good) delete nameHint.dataset['wrong'];
  else nameHint.dataset['wrong'] = '';
}

function follow(event: SubmitEvent): void {
  event.preventDefault();
  const name = nameField.value.trim();
  if (!isStreamId(name)) {
    markName(false);
    nameField.focus();
    return;
  }
  const { publishPage, watchPage } = addressOf(name);
  const wantsToWatch = event.submitter instanceof HTMLButtonElement && event.submitter.value === 'watch';
  location.assign(wantsToWatch ? watchPage : publishPage);
}

nameField.addEventListener('input', showAddresses);
part('name-form', HTMLFormElement).addEventListener('submit', follow);
part('recordings-link', HTMLAnchorElement).href = `recordings${location.search}${location.hash}`;
readyCopyButtons();
showAddresses();
keepLooking();
