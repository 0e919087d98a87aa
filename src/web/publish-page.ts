import { canCapture, type Capture, openCapture } from './capture.ts';
import { listDevices, showDevices } from './device-choice.ts';
import { fetchStreams } from './live-list.ts';
import { ModeChoice } from './mode-choice.ts';
import { announce, exposeForTests, part, readyCopyButtons, showPill, write } from './page-parts.ts';
import { applyParameters, layersOf, readSettings, sendableCodecs } from './publish-settings.ts';
import { SendingReport } from './sending-report.ts';
import { tellPublisher } from './state-wording.ts';
import { addressOfPage, tokenOfPage } from './stream-address.ts';
import { watchWarnings } from './warning-list.ts';
import { WhipPublisher } from './whip-publisher.ts';

const address = addressOfPage();
const form = part('settings', HTMLFormElement);
const preview = part('preview', HTMLVideoElement);
const message = part('message', HTMLElement);
const startButton = part('start', HTMLButtonElement);
const stopButton = part('stop', HTMLButtonElement);
const muteButton = part('mute', HTMLButtonElement);
const report = new SendingReport();

let capture: Capture | undefined;
let publisher: WhipPublisher | undefined;
/** Counts openings of sources, so that only the last one wins when somebody changes their mind. */
let openings = 0;

/** Opens the chosen source, shows it, and puts it in place of the present one. Returns false when that failed. */
async function openSource(): Promise<boolean> {
  openings += 1;
  const opening = openings;
  say('');
  try {
    const opened = await openCapture(readSettings(form), address.streamId);
    if (opening !== openings) {
      opened.close();
      return false;
    }
    await useCapture(opened);
    return true;
  } catch (error) {
    if (opening === openings) say(error instanceof Error ? error.message : String(error));
    return false;
  }
}

async function useCapture(opened: Capture): Promise<void> {
  const before = capture;
  capture = opened;
  preview.srcObject = opened.stream;
  const [videoTrack] = opened.stream.getVideoTracks();
  document.body.toggleAttribute('data-preview', videoTrack !== undefined);
  part('veil', HTMLElement).inert = true;
  if (videoTrack === undefined) write(part('veil-title', HTMLElement), 'Sound only');
  part('open-source', HTMLButtonElement).hidden = true;
  preview.parentElement?.toggleAttribute('data-mirror', videoTrack?.getSettings().facingMode === 'user');
  for (const track of opened.stream.getTracks()) track.addEventListener('ended', () => sourceEnded(opened));
  applyMute();
  await publisher?.replaceStream(opened.stream);
  before?.close();
  showDevices(form, await listDevices());
}

function closeSource(): void {
  openings += 1;
  capture?.close();
  capture = undefined;
  preview.srcObject = null;
  delete document.body.dataset['preview'];
  part('veil', HTMLElement).inert = false;
  sourceChosen();
  applyMute();
}

/** The browser's own "stop sharing", or a camera that was unplugged. */
function sourceEnded(ended: Capture): void {
  if (capture !== ended) return;
  const wasPublishing = publisher !== undefined;
  stop();
  closeSource();
  say(wasPublishing ? 'The source has ended, and publishing with it.' : 'The source has ended.');
}

async function start(): Promise<void> {
  if (publisher) return;
  startButton.disabled = true;
  const ready = capture !== undefined || (await openSource());
  startButton.disabled = false;
  if (!ready || capture === undefined) return;
  say('');
  capture.resume();
  const settings = readSettings(form);
  const { codec, maxBitrate, token } = settings;
  const opened = new WhipPublisher({
    endpoint: address.whip,
    token,
    stream: capture.stream,
    codec,
    maxBitrate,
    ...layersOf(settings),
    mayReturn: isNameFree,
  });
  publisher = opened;
  opened.addEventListener('state', () => showState(opened));
  exposeForTests(opened);
  showState(opened);
  stopButton.focus();
}

function stop(): void {
  void publisher?.close();
}

/**
 * Asked when the server ended our session: somebody else publishes under this name now, or the server shuts down. Two pages that took the
 * name from each other for ever would help nobody.
 */
async function isNameFree(): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  try {
    const streams = await fetchStreams(AbortSignal.timeout(3000));
    return !streams.some(({ streamId, live }) => live && streamId === address.streamId);
  } catch {
    // The server is gone, so nobody has taken anything.
    return true;
  }
}

function showState(of: WhipPublisher): void {
  if (of !== publisher) return;
  const { state } = of;
  const { pill, tone, detail } = tellPublisher(state, Date.now());
  const over = state.name === 'closed' || state.name === 'failed';
  if (over) publisher = undefined;
  document.body.dataset['state'] = state.name === 'closed' ? 'idle' : state.name;
  showPill(pill, tone);
  say(detail, state.name === 'reconnecting' ? 'busy' : 'bad');
  announce(state.name === 'closed' ? 'Stopped.' : pill);
  const hadFocus = document.activeElement === (over ? stopButton : startButton);
  startButton.hidden = !over;
  stopButton.hidden = over;
  if (hadFocus) (over ? startButton : stopButton).focus();
  part('encoding-fields', HTMLFieldSetElement).disabled = !over;
  part('locked-hint', HTMLElement).hidden = over;
  if (over) report.clear();
}

function say(text: string, tone: 'busy' | 'bad' = 'bad'): void {
  write(message, text);
  message.hidden = text === '';
  message.dataset['tone'] = tone;
  // Countdowns are for the eye; the pill's words are announced.
  message.setAttribute('role', tone === 'bad' ? 'alert' : 'presentation');
}

function applyMute(): void {
  const tracks = capture?.stream.getAudioTracks() ?? [];
  const muted = muteButton.getAttribute('aria-pressed') === 'true';
  for (const track of tracks) track.enabled = !muted;
  muteButton.disabled = tracks.length === 0;
  write(muteButton, muted ? 'Sound is muted' : 'Mute sound');
}

/** Adapts the page to the chosen source; sources that start without a question are shown at once. */
function sourceChosen(): void {
  const { source } = readSettings(form);
  part('camera-field', HTMLElement).hidden = source !== 'camera';
  part('microphone-field', HTMLElement).hidden = source === 'pattern';
  write(part('veil-title', HTMLElement), { camera: 'Camera', screen: 'Screen', pattern: 'Test pattern' }[source]);
  write(part('open-source', HTMLButtonElement), source === 'screen' ? 'Choose what to share' : 'Turn on the camera');
  part('open-source', HTMLButtonElement).hidden = source === 'pattern';
}

function settingChanged(event: Event): void {
  const name = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement ? event.target.name : '';
  if (name === 'source') {
    if (publisher === undefined) closeSource();
    else sourceChosen();
    if (publisher !== undefined || readSettings(form).source === 'pattern') void openSource();
  } else if (['camera', 'microphone', 'height', 'fps'].includes(name) && capture !== undefined) void openSource();
}

function offerWhatWorks(): void {
  const select = form.elements.namedItem('codec');
  if (select instanceof HTMLSelectElement) for (const codec of sendableCodecs()) select.add(new Option(codec, codec));
  const missing = (['camera', 'screen'] as const).filter((source) => !canCapture(source));
  for (const radio of form.querySelectorAll<HTMLInputElement>('input[name=source]'))
    radio.disabled = missing.some((source) => source === radio.value);
  if (missing.length === 0) return;
  const hint = part('source-hint', HTMLElement);
  hint.hidden = false;
  write(
    hint,
    isSecureContext ? 'This browser cannot share its screen.' : 'Browsers give cameras and screens only to pages on https:// or localhost.',
  );
  if (missing.includes('camera')) applyParameters(form, new URLSearchParams({ source: 'pattern' }));
}

function modeSelect(): HTMLSelectElement {
  const select = form.elements.namedItem('mode');
  if (select instanceof HTMLSelectElement) return select;
  throw new TypeError('The form has no list of modes.');
}

function listen(): void {
  form.addEventListener('change', settingChanged);
  form.addEventListener('submit', (event) => event.preventDefault());
  part('open-source', HTMLButtonElement).addEventListener('click', () => void openSource());
  startButton.addEventListener('click', () => void start());
  stopButton.addEventListener('click', stop);
  muteButton.addEventListener('click', () => {
    muteButton.setAttribute('aria-pressed', String(muteButton.getAttribute('aria-pressed') !== 'true'));
    applyMute();
  });
  // A page that comes back from the browser's cache has lost its session.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}

async function begin(): Promise<void> {
  document.title = `Publish ${address.streamId} · Sluice`;
  write(part('stream-name', HTMLElement), address.streamId);
  const link = part('watch-url', HTMLAnchorElement);
  link.href = address.watchPage;
  write(link, address.watchPage);
  write(part('whep-url', HTMLElement), address.whep);
  const parameters = new URLSearchParams(location.search);
  offerWhatWorks();
  applyParameters(form, parameters);
  const token = form.elements.namedItem('token');
  if (token instanceof HTMLInputElement) token.value = tokenOfPage() ?? '';
  readyCopyButtons();
  listen();
  await new ModeChoice(form, part('mode-field', HTMLElement), modeSelect()).offer(parameters.get('mode') ?? '');
  sourceChosen();
  report.clear();
  setInterval(() => {
    if (publisher?.state.name === 'reconnecting') say(tellPublisher(publisher.state, Date.now()).detail, 'busy');
    void publisher?.stats().then((stats) => report.show(stats));
  }, 1000);
  watchWarnings(() => publisher);
  if (parameters.get('autostart') === '1') await start();
  else if (readSettings(form).source === 'pattern') await openSource();
  else showDevices(form, await listDevices());
}

void begin();
