const sentences: Readonly<Record<string, string>> = {
  'publisher-gone': 'The publisher left or went silent.',
  'publisher-changed': 'Another publisher, or other tracks, followed.',
  stopped: 'The recording was stopped.',
  'stream-ended': 'The stream has ended.',
  'media-changed': 'The size of the picture or a codec changed.',
  'part-duration': 'The part was as long as parts may be.',
  'part-bytes': 'The part was as large as parts may be.',
};

/** An ending for people: its own words where it has some. */
export function sentenceOf({ cause, detail }: { readonly cause: string; readonly detail?: string }): string {
  return detail ?? sentences[cause] ?? cause;
}
