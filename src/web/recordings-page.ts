import { announce, make, part, write } from './page-parts.ts';
import { deleteRecording, factsOfRecording, fetchRecordings, fileUrl, type ListedRecording } from './recording-list.ts';
import { isStreamId } from './stream-address.ts';

/** How often the newest recordings are looked at while somebody looks. */
const lookEveryMs = 5000;

/** How long a button waits to be pressed again before it forgets that it was. */
const sureMs = 4000;

const filter = part('stream-filter', HTMLInputElement);
const list = part('recordings', HTMLUListElement);
const note = part('note', HTMLElement);
const moreButton = part('more', HTMLButtonElement);
const player = part('player', HTMLElement);
const video = part('video', HTMLVideoElement);
const rows = new Map<string, Row>();

/** Where the last page that was asked for ended; undefined: there is no more. */
let next: string | undefined;
let playing: string | undefined;
let looks = 0;

interface Row {
  readonly item: HTMLLIElement;
  readonly pill: HTMLElement;
  readonly facts: HTMLElement;
  readonly deeds: readonly HTMLElement[];
  recording: ListedRecording;
}

function makeRow(recording: ListedRecording): Row {
  const item = make('li', '');
  const name = make('span', 'name', titleOf(recording));
  const pill = make('span', 'pill');
  const facts = make('span', 'facts');
  const deeds = make('span', 'deeds');
  name.append(pill);
  const play = make('button', '', 'Play');
  play.setAttribute('aria-label', `Play ${titleOf(recording)}`);
  play.addEventListener('click', () => startPlaying(recording));
  const download = make('a', '', 'Download');
  download.href = fileUrl(recording.id);
  download.download = '';
  const remove = make('button', 'danger', 'Delete');
  remove.addEventListener('click', () => void removeWhenSure(recording, remove));
  deeds.append(play, download, remove);
  item.append(name, facts, deeds);
  return { item, pill, facts, deeds: [play, download, remove], recording };
}

function titleOf({ stream, startedAt, part: number }: ListedRecording): string {
  const time = Number.isNaN(startedAt.getTime()) ? '' : startedAt.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return [stream, time, ...(number > 1 ? [`part ${number}`] : [])].join(' · ');
}

function showRow(row: Row, recording: ListedRecording): void {
  row.recording = recording;
  const { state } = recording;
  write(row.pill, state === 'complete' ? '' : { recording: 'Recording', finishing: 'Finishing', deleted: 'In the bucket' }[state]);
  row.pill.hidden = state === 'complete';
  row.pill.className = state === 'recording' ? 'pill live' : 'pill busy';
  write(row.facts, factsOfRecording(recording));
  const [play, download, remove] = row.deeds;
  for (const deed of [play, download]) if (deed !== undefined) deed.hidden = state !== 'complete';
  if (remove !== undefined) remove.hidden = state === 'recording' || state === 'finishing';
}

/** Rows are kept, not made anew, so that keyboard focus stays where it is. Newest first. */
function showRecordings(recordings: readonly ListedRecording[]): void {
  for (const recording of recordings) {
    const row = rows.get(recording.id) ?? makeRow(recording);
    rows.set(recording.id, row);
    showRow(row, recording);
  }
  const newestFirst = [...rows.values()].toSorted((one, other) => other.recording.startedAt.getTime() - one.recording.startedAt.getTime());
  for (const [index, { item }] of newestFirst.entries())
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  const streamId = streamWanted();
  showNote(
    rows.size > 0 ? '' : `Nothing was recorded${streamId === undefined ? '' : ` of ${streamId}`} yet.`,
    rows.size > 0 ? 'listed' : 'empty',
  );
}

function showNote(text: string, state: 'empty' | 'listed' | 'unreachable'): void {
  write(note, text);
  note.hidden = text === '';
  moreButton.hidden = next === undefined;
  document.body.dataset['state'] = state;
}

function streamWanted(): string | undefined {
  const name = filter.value.trim();
  return isStreamId(name) ? name : undefined;
}

/** Takes the newest page; what it held before and does not any more was deleted. */
async function look(): Promise<void> {
  const turn = ++looks;
  const isFirst = rows.size === 0;
  try {
    const page = await fetchRecordings({ stream: streamWanted() }, AbortSignal.timeout(lookEveryMs * 2));
    if (turn !== looks) return; // another filter by now
    const oldest = page.recordings.at(-1)?.startedAt ?? new Date(0);
    const present = new Set(page.recordings.map(({ id }) => id));
    for (const { recording } of rows.values()) {
      if (!present.has(recording.id) && (page.next === undefined || recording.startedAt > oldest)) dropRow(recording.id);
    }
    if (isFirst) next = page.next;
    showRecordings(page.recordings);
  } catch {
    // Whatever the cause, the cure is the same: look again.
    if (turn === looks) showNote('The server does not answer at the moment. Looking again…', 'unreachable');
  }
}

async function showMore(): Promise<void> {
  moreButton.disabled = true;
  try {
    const page = await fetchRecordings({ stream: streamWanted(), after: next });
    next = page.next;
    showRecordings(page.recordings);
  } catch {
    announce('The server does not answer at the moment.');
  } finally {
    moreButton.disabled = false;
  }
}

function dropRow(id: string): void {
  rows.get(id)?.item.remove();
  rows.delete(id);
  if (playing === id) stopPlaying();
}

function startPlaying(recording: ListedRecording): void {
  stopPlaying();
  playing = recording.id;
  rows.get(recording.id)?.item.setAttribute('aria-current', 'true');
  write(part('player-title', HTMLElement), titleOf(recording));
  write(part('player-note', HTMLElement), '');
  player.hidden = false;
  video.src = fileUrl(recording.id);
  player.scrollIntoView({ block: 'nearest' });
  video.play().catch(() => undefined); // the controls are there, and errors are told of below
}

function stopPlaying(): void {
  if (playing !== undefined) rows.get(playing)?.item.removeAttribute('aria-current');
  playing = undefined;
  player.hidden = true;
  video.removeAttribute('src');
  video.load();
}

/** The first press asks, the second one deletes. */
async function removeWhenSure(recording: ListedRecording, button: HTMLButtonElement): Promise<void> {
  if (button.dataset['asked'] === undefined) {
    button.dataset['asked'] = '';
    write(button, 'Really delete?');
    setTimeout(() => {
      delete button.dataset['asked'];
      write(button, 'Delete');
    }, sureMs);
    return;
  }
  button.disabled = true;
  try {
    if (playing === recording.id) stopPlaying();
    await deleteRecording(recording.id);
    dropRow(recording.id);
    showRecordings([]);
    announce('Deleted.');
  } catch {
    announce('It could not be deleted.');
  } finally {
    button.disabled = false;
  }
}

/** Looks again and again while the page is in sight, and at once when it comes into sight. */
function keepLooking(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = async (): Promise<void> => {
    clearTimeout(timer);
    if (document.hidden) return;
    await look();
    clearTimeout(timer);
    timer = setTimeout(() => void again(), lookEveryMs);
  };
  document.addEventListener('visibilitychange', () => void again());
  filter.addEventListener('input', () => {
    for (const id of rows.keys()) if (id !== playing) dropRow(id);
    rows.clear();
    list.replaceChildren();
    void again();
  });
  void again();
}

video.addEventListener('error', () => {
  if (playing !== undefined) write(part('player-note', HTMLElement), 'Your browser cannot play this file. Download it instead.');
});
part('close-player', HTMLButtonElement).addEventListener('click', stopPlaying);
moreButton.addEventListener('click', () => void showMore());
part('home', HTMLAnchorElement).href = `.${location.search}${location.hash}`;
keepLooking();
