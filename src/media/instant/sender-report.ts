/** What a publisher's RTCP sender report says (RFC 3550 §6.4.1): which moment of its clock a timestamp stands for. */
export interface ClockMapping {
  readonly ntpSec: number;
  readonly ntpFrac: number;
  readonly timestamp: number;
  /** When it arrived, in milliseconds on our clock. */
  readonly arrivedMs: number;
}

/** What is written besides. */
export interface ReportOptions {
  readonly ssrc: number;
  readonly packets: number;
  readonly octets: number;
  /** In Hz. */
  readonly clockRate: number;
  /** What our timestamps have been moved by. */
  readonly timestampOffset?: number;
}

/**
 * A sender report that says the same as a publisher's, as of now: both clocks are moved on by the time since it arrived, because receivers take
 * the time of arrival for the time of sending.
 */
export function senderReport({ ntpSec, ntpFrac, timestamp, arrivedMs }: ClockMapping, options: ReportOptions, nowMs: number): Buffer {
  const { ssrc, packets, octets, clockRate, timestampOffset = 0 } = options;
  const elapsedMs = Math.max(0, nowMs - arrivedMs);
  const seconds = ntpSec + ntpFrac / 2 ** 32 + elapsedMs / 1000;
  const wholeSeconds = Math.floor(seconds);
  const report = Buffer.alloc(28);
  report.writeUInt8(0x80, 0);
  report.writeUInt8(200, 1);
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(ssrc, 4);
  report.writeUInt32BE(wholeSeconds >>> 0, 8);
  report.writeUInt32BE(Math.floor((seconds - wholeSeconds) * 2 ** 32) >>> 0, 12);
  report.writeUInt32BE(Math.round(timestamp + timestampOffset + (elapsedMs * clockRate) / 1000) >>> 0, 16);
  report.writeUInt32BE(packets >>> 0, 20);
  report.writeUInt32BE(octets >>> 0, 24);
  return report;
}

/** Seconds from 1900, where NTP begins, to 1970. */
const ntpEpoch = 2_208_988_800;

/** That a timestamp stands for the moment when it was heard of, on the clock of this machine. */
export function ownClock({ timestamp, arrivedMs }: Pick<ClockMapping, 'timestamp' | 'arrivedMs'>): ClockMapping {
  const seconds = (performance.timeOrigin + arrivedMs) / 1000 + ntpEpoch;
  const ntpSec = Math.floor(seconds);
  return { ntpSec, ntpFrac: Math.floor((seconds - ntpSec) * 2 ** 32), timestamp, arrivedMs };
}
