import { GaugeRow } from './gauges.ts';
import { watchForFallback, watchForReturn } from './hls-fallback.ts';
import { HlsPlayer } from './hls-player.ts';
import { LayerPanel } from './layer-panel.ts';
import { announce, exposeForTests, part, readyCopyButtons, showPill, write } from './page-parts.ts';
import type { PlayerState } from './player-state.ts';
import type { PlayerStats } from './player-stats.ts';
import { tellPlayer } from './state-wording.ts';
import { addressOfPage, tokenOfPage } from './stream-address.ts';
import { WhepPlayer } from './whep-player.ts';
import { bitRate, codecNames, frameRate, percentage, pictureSize, shortTime } from './wording.ts';

const address = addressOfPage();
const video = part('video', HTMLVideoElement);
const stage = part('stage', HTMLElement);
const retryButton = part('retry', HTMLButtonElement);
const unmuteButton = part('unmute', HTMLButtonElement);
const soundButton = part('sound', HTMLButtonElement);
const tokenForm = part('token-form', HTMLFormElement);
const gauges = new GaugeRow(part('gauges', HTMLElement));
const layerPanel = new LayerPanel(() => player);

let player: WhepPlayer | HlsPlayer = watch(tokenOfPage());
let unmutedByViewer = false;
let shown: PlayerState['name'] | undefined;
let playingSince = 0;

function watch(token: string | undefined): WhepPlayer {
  const opened = new WhepPlayer({ endpoint: address.whep, token, video });
  opened.addEventListener('state', () => showState());
  opened.addEventListener('layers', () => layerPanel.showLayers());
  exposeForTests(opened);
  watchForFallback(opened, { url: address.hls, token }, (because) => watchOverHls(token, because));
  write(part('via', HTMLElement), '');
  return opened;
}

/** For who cannot be reached by WebRTC; says so. */
function watchOverHls(token: string | undefined, because: string): void {
  void player.close();
  const opened = new HlsPlayer({ url: address.hls, token, video });
  player = opened;
  opened.addEventListener('state', () => showState());
  opened.addEventListener('layers', () => layerPanel.showLayers());
  exposeForTests(opened);
  watchForReturn(opened, () => watchAgain(token));
  write(part('via', HTMLElement), `Played over HLS, some seconds behind: ${because}.`);
  layerPanel.showLayers();
  showState();
}

function watchAgain(token: string | undefined): void {
  const { muted } = video;
  void player.close();
  player = watch(token);
  video.muted = muted;
  showState();
}

function showState(): void {
  const { state } = player;
  const { pill, tone, title, detail } = tellPlayer(state, Date.now());
  const blocked = state.name === 'playing' && video.paused;
  document.body.dataset['state'] = blocked ? 'blocked' : state.name;
  if (state.name === 'playing') document.body.dataset['seen'] = '';
  if (state.name === 'playing' && shown !== 'playing') playingSince = performance.now();
  shown = state.name;
  showPill(pill, tone);
  write(part('veil-title', HTMLElement), blocked ? 'Ready to play' : title);
  write(part('veil-detail', HTMLElement), detail);
  const needsToken = state.name === 'failed' && (state.status === 401 || state.status === 403);
  tokenForm.hidden = !needsToken;
  retryButton.hidden = !(blocked || state.name === 'reconnecting' || state.name === 'closed' || (state.name === 'failed' && !needsToken));
  write(retryButton, blocked ? 'Play' : state.name === 'reconnecting' ? 'Try now' : 'Try again');
  showSound();
  announce(state.name === 'reconnecting' ? `Reconnecting. ${detail}` : `${title}. ${detail}`);
}

function showSound(): void {
  const audible = player.state.name === 'playing' && player.hasAudio;
  unmuteButton.hidden = !(audible && video.muted && !unmutedByViewer);
  soundButton.hidden = !audible || !unmuteButton.hidden;
  soundButton.dataset['muted'] = String(video.muted);
  soundButton.setAttribute('aria-label', video.muted ? 'Unmute' : 'Mute');
}

function setMuted(muted: boolean): void {
  const hadFocus = document.activeElement === unmuteButton;
  unmutedByViewer ||= !muted;
  video.muted = muted;
  showSound();
  if (hadFocus) soundButton.focus();
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if ('requestFullscreen' in stage) void stage.requestFullscreen();
  else if (isPhoneVideo(video)) video.webkitEnterFullscreen();
}

/** An iPhone shows only videos in full screen. */
function isPhoneVideo(element: HTMLVideoElement): element is HTMLVideoElement & { webkitEnterFullscreen(): void } {
  return 'webkitEnterFullscreen' in element;
}

function showStats(stats: PlayerStats | undefined): void {
  const pictureMoves = stats === undefined || (player.hasVideo && (stats.framesPerSecond ?? 0) > 0);
  part('sound-only', HTMLElement).hidden = pictureMoves || player.state.name !== 'playing' || performance.now() - playingSince < 2500;
  gauges.show([
    { label: 'Codec', text: codecNames(stats?.videoCodec, stats?.audioCodec) },
    { label: 'Picture', text: pictureSize(stats?.width, stats?.height) },
    { label: 'Frame rate', text: frameRate(stats?.framesPerSecond) },
    { label: 'Bit rate', text: bitRate(stats?.bitsPerSecond) },
    { label: 'Lost packets', text: percentage(stats?.lossRatio), warn: (stats?.lossRatio ?? 0) > 0.02 },
    { label: 'Jitter', text: shortTime(stats?.jitterMs) },
    { label: 'Round trip', text: shortTime(stats?.roundTripMs) },
    { label: 'First picture after', text: shortTime(stats?.firstFrameMs) },
  ]);
  layerPanel.showStats(stats);
}

function hideControlsWhenIdle(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wake = (): void => {
    delete stage.dataset['idle'];
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (player.state.name === 'playing') stage.dataset['idle'] = '';
    }, 3000);
  };
  for (const type of ['pointermove', 'pointerdown', 'keydown', 'focusin']) stage.addEventListener(type, wake);
  wake();
}

function listen(): void {
  video.addEventListener('pause', () => showState());
  video.addEventListener('playing', () => showState());
  video.addEventListener('volumechange', () => showSound());
  unmuteButton.addEventListener('click', () => setMuted(false));
  soundButton.addEventListener('click', () => setMuted(!video.muted));
  part('fullscreen', HTMLButtonElement).addEventListener('click', toggleFullscreen);
  retryButton.addEventListener('click', () => {
    if (player.state.name === 'playing') void video.play();
    else if (player.state.name === 'reconnecting') player.retryNow();
    else watchAgain(tokenOfPage());
  });
  tokenForm.addEventListener('submit', (event) => {
    event.preventDefault();
    watchAgain(part('token', HTMLInputElement).value);
  });
  stage.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'f') toggleFullscreen();
    if (event.key === 'm' && player.hasAudio) setMuted(!video.muted);
  });
  // A page that comes back from the browser's cache has lost its session.
  addEventListener('pageshow', (event) => {
    if (event.persisted) watchAgain(tokenOfPage());
  });
}

function start(): void {
  if (new URLSearchParams(location.search).get('embed') === '1') document.body.dataset['embed'] = '';
  document.title = `${address.streamId} · Sluice`;
  write(part('stream-name', HTMLElement), address.streamId);
  write(part('watch-url', HTMLElement), address.watchPage);
  write(part('embed-code', HTMLElement), address.embedCode);
  write(part('whep-url', HTMLElement), address.whep);
  readyCopyButtons();
  listen();
  hideControlsWhenIdle();
  showState();
  showStats(undefined);
  setInterval(() => {
    if (player.state.name === 'reconnecting') write(part('veil-title', HTMLElement), tellPlayer(player.state, Date.now()).title);
    if (!document.hidden) void player.stats().then(showStats);
  }, 500);
}

start();
