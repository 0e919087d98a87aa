const namePattern = /^[A-Za-z0-9_-]{1,64}$/;
const globPattern = /^[A-Za-z0-9_*-]{1,64}$/;

/** Whether a text is a stream name. */
export function isStreamName(text: string): boolean {
  return namePattern.test(text);
}

/** Whether a text is a stream name in which `*` may stand for any characters. */
export function isStreamPattern(text: string): boolean {
  return globPattern.test(text);
}

/** Whether a pattern is for a stream. Takes time proportional to both lengths: a pattern may come from a token. */
export function matchesStreamPattern(pattern: string, streamId: string): boolean {
  const [head = '', ...inner] = pattern.split('*');
  const tail = inner.pop();
  if (tail === undefined) return pattern === streamId;
  const end = streamId.length - tail.length;
  if (end < head.length || !streamId.startsWith(head) || !streamId.endsWith(tail)) return false;
  let position = head.length;
  for (const part of inner) {
    const found = streamId.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return position <= end;
}
