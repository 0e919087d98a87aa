import type { BrowserContext, Page } from 'playwright-core';
import request from 'supertest';
import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { type Chromium, PeersPage } from '../fixtures/chromium.ts';
import { nginxPath } from '../fixtures/nginx.ts';
import { expectMedia, expectState } from '../fixtures/pages.ts';
import { openProxied, rewritten, told, trusting } from '../fixtures/proxied-gateway.ts';
import { eventTypes } from '../../src/streams/event-queue.ts';
import { readOffer } from '../http/configured-gateway.ts';

/** Tests that may open a gateway behind a proxy; skipped where there is no nginx. */
const proxyTest = browserTest.extend('open', ({ skip }) => (nginxPath === undefined ? skip('there is no nginx here') : openProxied));

/** Somebody with a browser that takes the proxy's certificate. What it complains about fails the test in the end. */
class Visitor implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #complaints: string[] = [];

  static async open({ browser }: Chromium): Promise<Visitor> {
    return new Visitor(await browser.newContext({ ignoreHTTPSErrors: true }));
  }

  private constructor(context: BrowserContext) {
    this.#context = context;
    context.on('weberror', (error) => this.#complaints.push(String(error.error())));
    context.on('console', (message) => {
      // A gateway without egress has no thumbnails and answers 503; the list of streams does without, the browser says so.
      const isThumbnail = /\/thumbnail\.jpg\?/.test(message.location().url) && message.text().includes('503');
      if (message.type() === 'error' && !isThumbnail) this.#complaints.push(message.text());
    });
  }

  async visit(url: string): Promise<Page> {
    const page = await this.#context.newPage();
    await page.goto(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    expect(this.#complaints).toEqual([]);
  }
}

const publishPage = '/publish/show?source=pattern&fps=15&height=360&codec=VP8&autostart=1';

proxyTest.for([
  ['http.publicUrl', told],
  ['http.trustProxy', rewritten],
] as const)('with %s the pages publish, list and watch under a path prefix', async ([, mode], { chromium, open }) => {
  await using proxied = await open(mode);
  await using visitor = await Visitor.open(chromium);
  const { gateway, url } = proxied;
  const endings: string[] = [];
  gateway.registry.observer.on('closed', ({ kind }, { ending }) => endings.push(`${kind} ${ending}`));

  const publisher = await visitor.visit(url + publishPage);
  await expectState(publisher, 'live');
  expect(await publisher.locator('#watch-url').getAttribute('href')).toBe(`${url}/watch/show`);
  expect(await publisher.locator('#whep-url').textContent()).toBe(`${url}/whep/show`);

  const viewer = await visitor.visit(`${url}/`);
  await expectState(viewer, 'listed');
  const answered = viewer.waitForResponse((response) => response.request().method() === 'POST');
  await viewer.getByRole('link', { name: 'show', exact: true }).click();
  await viewer.waitForURL(`${url}/watch/show`);
  await expectMedia(viewer);
  expect((await answered).headers()['location']).toMatch(new RegExp(`^${url}/whep/show/[\\w-]{22}$`));
  await viewer.getByRole('link', { name: 'Sluice' }).click();
  await viewer.waitForURL(`${url}/`);

  await publisher.getByRole('button', { name: 'Stop publishing' }).click();
  await expect.poll(() => endings, patience).toContain('publish deleted');
});

proxyTest('a page address with a slash at its end leads to the page', async ({ chromium, open }) => {
  await using proxied = await open(told);
  await using visitor = await Visitor.open(chromium);
  const page = await visitor.visit(`${proxied.url}/publish/show/?source=pattern`);
  expect(page.url()).toBe(`${proxied.url}/publish/show?source=pattern`);
  expect(await page.locator('#stream-name').textContent()).toBe('show');
});

proxyTest('a page of another origin watches through the proxy, by hand and with our player', async ({ chromium, open }) => {
  await using proxied = await open(told);
  await using visitor = await Visitor.open(chromium);
  const { url } = proxied;
  await expectState(await visitor.visit(url + publishPage), 'live');

  const elsewhere = (await chromium.openPage()).url();
  const page = await visitor.visit(elsewhere);
  expect(new URL(page.url()).origin).not.toBe(new URL(url).origin);
  const peers = new PeersPage(page, await page.evaluateHandle('import("/peers.js")'));
  const viewer = await peers.watch(`${url}/whep/show`);
  await expectPlaying(viewer);
  const { location, etag } = await viewer.session();
  expect(location).toMatch(new RegExp(`^${url}/whep/show/`));
  expect(etag).toMatch(/^"/);
  expect((await viewer.trickle()).status).toBe(204);
  expect((await viewer.restartIce()).status).toBe(200);
  await expectPlaying(viewer);
  const remove = async (): Promise<number> =>
    page.evaluate(async (session) => (await fetch(session, { method: 'DELETE', redirect: 'error' })).status, location);
  expect(await remove()).toBe(200);

  const states = await page.evaluate<string[]>(watchWithOurPlayer(url));
  expect(states.at(-1)).toBe('playing');
});

proxyTest('a page of another origin hears events through the proxy as they happen', async ({ chromium, open }) => {
  await using proxied = await open(told);
  await using visitor = await Visitor.open(chromium);
  const { url, gateway } = proxied;
  await expectState(await visitor.visit(url + publishPage), 'live');
  const page = await visitor.visit((await chromium.openPage()).url());
  const peers = new PeersPage(page, await page.evaluateHandle('import("/peers.js")'));
  const { location } = await (await peers.watch(`${url}/whep/show`)).session();
  await page.evaluate(`fetch('${location}/events', { method: 'POST' }).then(({ headers }) => {
    window.heard = [];
    const source = new EventSource(headers.get('Location'));
    for (const name of ${JSON.stringify(eventTypes)}) source.addEventListener(name, ({ data }) => window.heard.push(name + ' ' + data));
  })`);
  const heard = async () => (await page.evaluate<string[]>('window.heard')).map((event) => event.split(' ', 1)[0]);
  await expect.poll(heard, patience).toEqual(expect.arrayContaining(['active', 'layers', 'viewercount']));
  for (const { id, kind } of await gateway.registry.sessions()) if (kind === 'publish') gateway.registry.kick(id);
  await expect.poll(heard, patience).toContain('inactive');
});

/** A script that runs in a page and gives the states that the player went through. */
function watchWithOurPlayer(url: string): string {
  return `import('${url}/web/whep-player.js').then(({ WhepPlayer }) => new Promise((resolve) => {
    const states = [];
    const video = document.body.appendChild(document.createElement('video'));
    const player = new WhepPlayer({ endpoint: '${url}/whep/show', video });
    player.addEventListener('state', ({ state }) => {
      states.push(state.name);
      if (state.name === 'playing' || state.name === 'failed') player.close().then(() => resolve(states.slice(0, -1)));
    });
  }))`;
}

proxyTest.for([
  ['http.publicUrl under a prefix', told],
  ['http.trustProxy under a prefix', rewritten],
  ['http.trustProxy and the whole host', trusting],
] as const)('L01 L03 with %s no POST is answered with 301 or 302, and Location is final', async ([, mode], { open }) => {
  await using proxied = await open(mode);
  const { url } = proxied;
  for (const endpoint of ['/whip/show', '/whip/show/']) {
    const { status, headers } = await post(url + endpoint);
    expect(status).toBe(201);
    expect(headers['content-length']).toMatch(/^\d+$/);
    const session = String(headers['location']);
    expect(session).toMatch(new RegExp(`^${url}/whip/show/`));
    expect((await request(session).delete('').disableTLSCerts()).status).toBe(200);
  }
  for (const endpoint of ['/whep/none', '/whep/none/']) expect((await post(url + endpoint)).status).toBe(409);
});

proxyTest('L01 plain HTTP and the bare prefix are redirected so that a POST stays a POST', async ({ open }) => {
  await using proxied = await open(told);
  const { url, ports } = proxied;
  for (const endpoint of ['/whip/show', '/whip/show/']) {
    const { status, headers } = await post(`http://127.0.0.1:${ports.http}/live${endpoint}`);
    expect({ status, location: headers['location'] }).toEqual({ status: 308, location: url + endpoint });
  }
  const { status, headers } = await post(url);
  expect({ status, location: headers['location'] }).toEqual({ status: 308, location: `${url}/` });
});

/** POSTs a browser's offer and follows nothing. */
async function post(url: string) {
  return request(url).post('').disableTLSCerts().redirects(0).type('application/sdp').buffer(true).send(readOffer('chromium-plain'));
}
