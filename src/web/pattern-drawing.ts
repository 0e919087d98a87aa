import { cellsOfTime, timeCodePlace } from './time-code.ts';

/** What is drawn once. */
export interface PatternFace {
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

/** What is drawn for each frame. */
export interface PatternMoment extends PatternFace {
  readonly now: Date;
}

/** 75 % colour bars, the order in which engineers expect them. */
const bars = ['#bfbfbf', '#bfbf00', '#00bfbf', '#00bf00', '#bf00bf', '#bf0000', '#0000bf'];

/** Draws what stays: the deep water, the colour bars, a grey ramp and the title. */
export function drawBackground({ width, height, title }: PatternFace): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new TypeError('This browser cannot draw.');
  const depth = context.createLinearGradient(0, 0, 0, height);
  depth.addColorStop(0, '#0e2a36');
  depth.addColorStop(1, '#0b5563');
  context.fillStyle = depth;
  context.fillRect(0, 0, width, height);
  const barTop = height * 0.78;
  for (const [index, colour] of bars.entries()) {
    context.fillStyle = colour;
    context.fillRect((width * index) / bars.length, barTop, width / bars.length + 1, height * 0.14);
  }
  const ramp = context.createLinearGradient(0, 0, width, 0);
  ramp.addColorStop(0, '#000');
  ramp.addColorStop(1, '#fff');
  context.fillStyle = ramp;
  context.fillRect(0, height * 0.92, width, height * 0.08);
  context.fillStyle = '#a9dcd9';
  context.font = `600 ${Math.round(height * 0.045)}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.fillText(title, width * 0.04, height * 0.1);
  context.textAlign = 'right';
  context.fillText(`${width} × ${height}`, width * 0.96, height * 0.1);
  return canvas;
}

/** Draws one frame over the background: the clock, the same for machines, its hand, the waves and, on each full second, the flash. */
export function drawFrame(context: CanvasRenderingContext2D, background: OffscreenCanvas, moment: PatternMoment): void {
  const { width, height, now } = moment;
  context.drawImage(background, 0, 0);
  drawWave(context, moment, 0.68, 1, 'rgb(127 231 220 / 55%)');
  drawWave(context, moment, 0.73, 1.6, 'rgb(127 231 220 / 30%)');
  drawHand(context, moment);
  drawTimeCode(context, moment);
  context.fillStyle = '#fff';
  context.textAlign = 'center';
  context.font = `600 ${Math.round(height * 0.14)}px ui-monospace, 'DejaVu Sans Mono', monospace`;
  context.fillText(clockText(now), width / 2, height * 0.56);
}

/** A ring that fills within each second; its heart flashes when the second begins. */
function drawHand(context: CanvasRenderingContext2D, { width, height, now }: PatternMoment): void {
  const part = now.getMilliseconds() / 1000;
  const [x, y, radius] = [width / 2, height * 0.26, height * 0.11];
  context.lineWidth = height * 0.02;
  context.strokeStyle = 'rgb(255 255 255 / 18%)';
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = '#7fe7dc';
  context.beginPath();
  context.arc(x, y, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * part);
  context.stroke();
  context.fillStyle = part < 0.1 ? '#fff' : 'rgb(255 255 255 / 10%)';
  context.beginPath();
  context.arc(x, y, radius * 0.62, 0, 2 * Math.PI);
  context.fill();
}

/** From which whoever sees the picture can tell how long it was under way. */
function drawTimeCode(context: CanvasRenderingContext2D, { width, height, now }: PatternMoment): void {
  const { left, top, cellWidth, cellHeight } = timeCodePlace;
  for (const [index, cell] of cellsOfTime(now.getTime()).entries()) {
    context.fillStyle = cell ? '#fff' : '#000';
    context.fillRect(width * (left + index * cellWidth), height * top, width * cellWidth + 1, height * cellHeight);
  }
}

function drawWave(context: CanvasRenderingContext2D, moment: PatternMoment, level: number, speed: number, colour: string): void {
  const { width, height, now } = moment;
  const shift = ((now.getTime() % 60_000) / 1000) * speed * 2;
  context.lineWidth = height * 0.022;
  context.strokeStyle = colour;
  context.beginPath();
  for (let step = 0; step <= 48; step += 1) {
    const x = (width * step) / 48;
    context.lineTo(x, height * level + Math.sin(step / 2.4 - shift) * height * 0.02);
  }
  context.stroke();
}

/** `14:03:59.120`. */
function clockText(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const parts = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':');
  return `${parts}.${String(now.getMilliseconds()).padStart(3, '0')}`;
}
