declare global {
  interface Window {
    /** The page's player or publisher, for tests and debugging. */
    sluice?: EventTarget | undefined;
  }
}

/** Makes the page's player or publisher available as `window.sluice`. */
export function exposeForTests(instance: EventTarget | undefined): void {
  window.sluice = instance;
}

/** Finds a part of the page. Throws when the page and its script do not fit together. */
export function part<Part extends Element>(id: string, type: new () => Part): Part {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`The page has no ${type.name} #${id}.`);
}

/** Makes an element with a class and a text. */
export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string, text = ''): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.textContent = text;
  return element;
}

/** Writes a text only if it is another one, so that screen readers and selections are not disturbed. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Says something to those who do not see the page. */
export function announce(text: string): void {
  write(part('announcement', HTMLElement), text);
}

/** The looks of a state. */
export type Tone = 'live' | 'busy' | 'bad' | 'quiet';

/** Shows a state on the page's pill. */
export function showPill(text: string, tone: Tone): void {
  const pill = part('pill', HTMLElement);
  write(pill, text);
  pill.className = tone === 'quiet' ? 'pill' : `pill ${tone}`;
}

/** Makes every copy button copy the text of the element that it names. */
export function readyCopyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copies]')) {
    const source = part(button.dataset['copies'] ?? '', HTMLElement);
    button.addEventListener('click', () => void copy(source, button));
  }
}

async function copy(source: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const text = source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages without TLS have no clipboard: then the text is selected, ready for the keyboard.
    getSelection()?.selectAllChildren(source);
    announce('Press Ctrl+C to copy.');
    return;
  }
  button.dataset['copied'] = '';
  write(button, 'Copied');
  announce('Copied.');
  setTimeout(() => {
    delete button.dataset['copied'];
    write(button, 'Copy');
  }, 1600);
}
