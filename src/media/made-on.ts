/**
 * What mediasoup made on `owner`, once it is there.
 *
 * What is made while its owner closes is nobody's child, and stays for ever: it is closed here. Rejects then, and as `making` does.
 */
export async function madeOn<T extends { close(): void }>(owner: { readonly closed: boolean }, making: Promise<T>): Promise<T> {
  const made = await making;
  if (!owner.closed) return made;
  made.close();
  throw new Error('what it was made on has closed meanwhile');
}
