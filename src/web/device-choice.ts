import { canCapture } from './capture.ts';

/** The cameras and microphones; their names are known only after one of them has been used. */
export async function listDevices(): Promise<readonly MediaDeviceInfo[]> {
  if (!canCapture('camera')) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ deviceId, label }) => deviceId !== '' && deviceId !== 'default' && label !== '');
}

/** Offers the devices in the form's `camera` and `microphone` fields, between the default and "none", and keeps what was chosen. */
export function showDevices(form: HTMLFormElement, devices: readonly MediaDeviceInfo[]): void {
  fill(form.elements.namedItem('camera'), devices, 'videoinput');
  fill(form.elements.namedItem('microphone'), devices, 'audioinput');
}

function fill(select: Element | RadioNodeList | null, devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): void {
  if (!(select instanceof HTMLSelectElement)) return;
  const chosen = select.value;
  for (const option of Array.from(select.options)) if (option.dataset['device'] !== undefined) option.remove();
  for (const device of devices.filter((candidate) => candidate.kind === kind)) {
    const option = new Option(device.label, device.deviceId);
    option.dataset['device'] = '';
    select.add(option, select.options.length - 1);
  }
  select.value = chosen;
  if (select.selectedIndex === -1) select.value = '';
}
