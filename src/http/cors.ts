/**
 * On every response, errors included: pages of any origin may publish and watch, and read what they need for that (conformance I04–I06).
 * `*` suffices because nothing here relies on cookies.
 */
export const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, Access-Control-Allow-Methods',
};

/** On answers to OPTIONS, preflight or not: clients look at the methods to learn whether trickle works. */
export const preflightHeaders = {
  'Access-Control-Allow-Methods': 'OPTIONS, GET, HEAD, POST, PATCH, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
  'Access-Control-Max-Age': '86400',
};
