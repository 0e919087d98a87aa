import { parse, type AttributeBlock, type Scalar, type SessionBlock } from 'sdp-transform';
import { GatewayError, type ErrorCode } from '../errors.ts';

/**
 * Bounds of one SDP text. The largest offer that a browser writes has some 300 lines of at most 300 characters. sdp-transform tries some 60
 * expressions on a line, so thousands of lines would take longer than a whole session takes to open.
 */
const maxLines = 1000;
const maxLineLength = 4000;

/**
 * Reads SDP text, or an SDP fragment, into sdp-transform's blocks.
 *
 * LF endings and a missing last line end are fine; a line that is not `x=…` is not SDP (RFC 8866 §5).
 */
export function readSessionBlock(text: string, codes: { readonly malformed: ErrorCode; readonly tooLarge: ErrorCode }): SessionBlock {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > maxLines || lines.some((line) => line.length > maxLineLength)) {
    throw new GatewayError(codes.tooLarge, `The SDP has more than ${maxLines} lines, or one longer than ${maxLineLength} characters.`);
  }
  const strange = lines.findIndex((line) => line.trim() !== '' && !/^[a-z]=/i.test(line));
  if (strange !== -1) throw new GatewayError(codes.malformed, `Line ${strange + 1} of the SDP is not of the form x=value.`);
  return parse(text);
}

/** An SDP value as text; sdp-transform makes numbers of what looks like one. */
export function textOf(value: Scalar | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** A whole number from an SDP value, or undefined. */
export function integerOf(value: Scalar | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined;
}

/** Values of an attribute whose syntax sdp-transform's grammar refuses, for example `msid` with braces (Firefox). */
export function unreadValues(block: AttributeBlock, attribute: string): readonly string[] {
  const prefix = `${attribute}:`;
  return (block.invalid ?? []).flatMap(({ value }) => {
    const text = String(value);
    return text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
  });
}
