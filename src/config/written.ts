/** A group of keys as somebody wrote it, unchecked. */
export type Written = Readonly<Record<string, unknown>>;

/** Whether the value is a group of keys. */
export function isGroup(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a dotted path. */
export function valueAt(group: Written, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isGroup(value) ? value[key] : undefined), group);
}

/** The group with a value at a dotted path; groups on the way are made. */
export function withValue(group: Written, path: string, value: unknown): Written {
  const [key = '', ...rest] = path.split('.');
  const child = group[key];
  return { ...group, [key]: rest.length === 0 ? value : withValue(isGroup(child) ? child : {}, rest.join('.'), value) };
}
