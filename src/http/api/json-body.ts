import type { FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { GatewayError } from '../../errors.ts';
import { readBody, requireContentType } from '../body.ts';

/**
 * Reads a JSON body of a certain shape; members that the schema does not know are refused, for they are mistakes.
 *
 * Throws `ERR_CONTENT_TYPE`, `ERR_BODY_TOO_LARGE`, `ERR_REQUEST_ABORTED`, and `ERR_REQUEST_INVALID` with what is wrong where; values of the body
 * are not repeated, for they may be secrets.
 */
export async function readJson<Schema extends TSchema>(request: FastifyRequest, schema: Schema): Promise<Static<Schema>> {
  requireContentType(request, 'application/json');
  const value = parse(await readBody(request));
  if (Value.Check(schema, value)) return value;
  throw new GatewayError('ERR_REQUEST_INVALID', `The body is not what is asked for: ${problemIn(schema, value)}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError('ERR_REQUEST_INVALID', 'The body is not JSON.'); // the parser's own message would repeat parts of it
  }
}

function problemIn(schema: TSchema, value: unknown): string {
  const [first] = Value.Errors(schema, value);
  const path = first?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  return `${path === '' ? 'it' : path} ${first?.message ?? 'is different'}`;
}
