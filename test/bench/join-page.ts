/** What became of one viewer. */
export interface Joined {
  /** From its POST to its first picture. */
  readonly firstPictureMs: number;
  /** Longest time without a new picture after that. */
  readonly longestPauseMs: number;
  /** Video SSRCs that it had. */
  readonly sources: number;
  /** How far the picture is behind the sound at the end; undefined where the browser cannot tell. */
  readonly skewMs: number | undefined;
}

/** Runs in the page, so it must stand alone: one viewer from its POST to its first picture, and for a while longer. */
export async function joinAndWatch({ endpoint, watchMs }: { readonly endpoint: string; readonly watchMs: number }): Promise<Joined> {
  const connection = new RTCPeerConnection();
  connection.addTransceiver('audio', { direction: 'recvonly' });
  const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' });
  const video = document.createElement('video');
  Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([receiver.track]) });
  document.body.append(video);
  const audio = new Audio();
  audio.srcObject = new MediaStream(connection.getReceivers().flatMap(({ track }) => (track.kind === 'audio' ? [track] : [])));
  void audio.play();
  const shownAt: number[] = [];
  const first = new Promise<void>((resolve) => {
    const note = (): void => {
      shownAt.push(performance.now());
      resolve();
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  });
  await connection.setLocalDescription();
  const body = connection.localDescription?.sdp ?? '';
  const from = performance.now();
  const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
  await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  await first;
  const ssrcs = new Set<number>();
  let skewMs: number | undefined;
  for (const until = performance.now() + watchMs; performance.now() < until;) {
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
    const playout = new Map<string, number>();
    for (const entry of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
      if (entry['type'] !== 'inbound-rtp') continue;
      if (entry['kind'] === 'video') ssrcs.add(Number(entry['ssrc']));
      if (typeof entry['estimatedPlayoutTimestamp'] === 'number') playout.set(String(entry['kind']), entry['estimatedPlayoutTimestamp']);
    }
    const [picture, sound] = [playout.get('video'), playout.get('audio')];
    if (picture !== undefined && sound !== undefined) skewMs = Math.abs(sound - picture);
  }
  const pauses = shownAt.slice(1).map((at, index) => at - (shownAt[index] ?? at));
  await fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
  connection.close();
  video.remove();
  return { firstPictureMs: (shownAt[0] ?? NaN) - from, longestPauseMs: Math.max(0, ...pauses), sources: ssrcs.size, skewMs };
}
