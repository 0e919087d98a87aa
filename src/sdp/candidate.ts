import type { IceCandidate } from 'mediasoup/types';

/** Writes a candidate of ours as an attribute, without `a=` (RFC 8839 §5.1). */
export function candidateAttribute({ foundation, protocol, priority, address, port, type, tcpType }: IceCandidate): string {
  const tcp = tcpType === undefined ? '' : ` tcptype ${tcpType}`;
  return `candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${tcp}`;
}
