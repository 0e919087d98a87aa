import { expect, test } from 'vitest';
import { levelOfError } from '../../../src/media/mediasoup-log.ts';

test.for([
  [
    '[pid:1] webrtc::GoogCcNetworkController::ClampConstraints() | max bitrate smaller than min bitrate [max_data_rate_:1, min_data_rate_:2]',
    'debug',
  ],
  [
    '[pid:1] webrtc::GoogCcNetworkController::ClampConstraints() | start bitrate smaller than min bitrate [starting_rate_:1, min_data_rate_:2]',
    'debug',
  ],
  ['[pid:1] Worker::HandleRequest() | throwing MediaSoupNotFoundError: Channel request handler with ID 1 not found', 'debug'],
  ['[pid:1] RTC::DtlsTransport::SetRemoteFingerprint() | fingerprint in the remote certificate does not match', 'warn'],
] as const)('an operator hears of what is wrong, not of what others see to: %s', ([message, level]) => {
  expect(levelOfError(message)).toBe(level);
});
