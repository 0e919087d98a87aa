import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The credentials that an ICE agent told (RFC 8445 §5.3). */
export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

/** A Binding request and how to know its answer. */
export interface BindingRequest {
  readonly packet: Buffer;
  readonly transactionId: Buffer;
}

const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const magicCookie = 0x2112a442;
const attribute = { username: 0x0006, messageIntegrity: 0x0008, priority: 0x0024, fingerprint: 0x8028, iceControlling: 0x802a } as const;

/** A connectivity check as a peer of `remote` would send it (RFC 8445 §7.2.2, RFC 8489 §14). */
export function writeBindingRequest({ usernameFragment, password }: IceCredentials): BindingRequest {
  const transactionId = randomBytes(12);
  const attributes = Buffer.concat([
    attributeOf(attribute.username, Buffer.from(`${usernameFragment}:doctor`)),
    attributeOf(attribute.priority, Buffer.from([0x6e, 0, 0x1e, 0xff])),
    attributeOf(attribute.iceControlling, randomBytes(8)),
  ]);
  // Either check covers all before itself, under a length that counts itself in.
  const toSign = Buffer.concat([header(transactionId, attributes.length + 24), attributes]);
  const integrity = attributeOf(attribute.messageIntegrity, createHmac('sha1', password).update(toSign).digest());
  const signed = Buffer.concat([header(transactionId, attributes.length + integrity.length + 8), attributes, integrity]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE((crc32(signed) ^ 0x5354554e) >>> 0);
  return { packet: Buffer.concat([signed, attributeOf(attribute.fingerprint, checksum)]), transactionId };
}

/** Whether a packet is the success response to the request. */
export function isAnswerTo({ transactionId }: BindingRequest, packet: Buffer): boolean {
  return packet.length >= 20 && packet.readUInt16BE(0) === bindingSuccess && packet.subarray(8, 20).equals(transactionId);
}

function header(transactionId: Buffer, length: number): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt16BE(bindingRequest, 0);
  start.writeUInt16BE(length, 2);
  start.writeUInt32BE(magicCookie, 4);
  return Buffer.concat([start, transactionId]);
}

function attributeOf(type: number, value: Buffer): Buffer {
  const start = Buffer.alloc(4);
  start.writeUInt16BE(type, 0);
  start.writeUInt16BE(value.length, 2);
  return Buffer.concat([start, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}
