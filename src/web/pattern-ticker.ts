// A worker that says when to draw the next frame: timers of pages that are out of sight run once a second, those of workers do not.
addEventListener('message', (event: MessageEvent<unknown>) => {
  if (typeof event.data === 'number') setInterval(() => postMessage('tick'), 1000 / event.data);
});
