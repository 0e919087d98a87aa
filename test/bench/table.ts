/** Rows under their heads, for people; numbers to the right. */
export function renderColumns(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  const isText = (column: number): boolean => lines.every((line) => !/^\d/.test(line[column] ?? ''));
  const pad = (line: readonly string[]): string =>
    line.map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  return [head, ...lines].map((line) => pad(line).trimEnd()).join('\n');
}
