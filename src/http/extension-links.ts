import type { FastifyRequest } from 'fastify';
import { eventTypes } from '../streams/event-queue.ts';

const core = 'urn:ietf:params:whep:ext:core';

/**
 * The values of one `Link` header line for each extension of a viewer's session. The commas in `events` are the extension's own.
 *
 * A player whose WHEP URL says `?events=unnamed` gets a link to events without names, so that nothing but that URL need be changed.
 *
 * @see WHEP §4.10, WHEP core extensions
 */
export function extensionLinks(sessionUrl: string, { query }: Pick<FastifyRequest, 'query'>): readonly string[] {
  const isUnnamed = typeof query === 'object' && query !== null && 'events' in query && query.events === 'unnamed';
  return [
    `<${sessionUrl}/events${isUnnamed ? '?unnamed' : ''}>; rel="${core}:server-sent-events"; events="${eventTypes.join(',')}"`,
    `<${sessionUrl}/layer>; rel="${core}:layer"`,
  ];
}
