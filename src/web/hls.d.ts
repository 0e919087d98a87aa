/** hls.js, which the gateway serves from its package under this name: loaded only where WebRTC cannot be had. */
export { default } from 'hls.js';
