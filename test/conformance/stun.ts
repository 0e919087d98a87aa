import { createHmac, randomBytes } from 'node:crypto';

/** Bits of CRC-32 (ISO 3309), as FINGERPRINT uses it. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function message(length: number, transaction: Buffer, attributes: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x0001, 0);
  head.writeUInt16BE(length, 2);
  head.writeUInt32BE(0x2112a442, 4);
  return Buffer.concat([head, transaction, ...attributes]);
}

/** An ICE connectivity check that nominates (RFC 8445 §7.2): `username` is theirs:ours, `password` theirs. */
export function bindingRequest(username: string, password: string): Buffer {
  const transaction = randomBytes(12);
  const priority = Buffer.from([0x6e, 0x7f, 0x1e, 0xff]);
  const own = [
    attribute(0x0006, Buffer.from(username)),
    attribute(0x0024, priority),
    attribute(0x802a, randomBytes(8)),
    attribute(0x0025, Buffer.alloc(0)),
  ];
  const length = Buffer.concat(own).length;
  const signature = createHmac('sha1', password)
    .update(message(length + 24, transaction, own))
    .digest();
  const signed = [...own, attribute(0x0008, signature)];
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE((crc32(message(length + 32, transaction, signed)) ^ 0x5354554e) >>> 0, 0);
  return message(length + 32, transaction, [...signed, attribute(0x8028, checksum)]);
}
