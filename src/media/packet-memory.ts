/**
 * Memory of packets, given back as soon as they are of no use. V8 gives back what a Buffer holds outside of its heap only when it collects the
 * Buffer, and a few hundred packets a second hold little of the heap: a stream that is kept for newcomers and relayed had 5 to 10 MB waiting for
 * that, and a collection of the whole heap every 20 s, because packets that are kept for a GOP grow old.
 */

/** A copy with memory of its own, which {@link giveBack} may take. */
export function copied(packet: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(packet.length);
  copy.set(packet);
  return copy;
}

/** Gives a packet's memory back, if it does not share it: whoever still holds the packet finds it empty. Idempotent. */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength > 0 && buffer.byteLength === byteLength) buffer.transfer(0);
}
