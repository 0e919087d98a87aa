/** hls.js, which the gateway serves from its package under this name: loaded only where WebRTC cannot be had. */
// oxlint-disable-next-line import/no-default-export -- it has no other
export { default } from 'hls.js';
