import { rows } from './rows.ts';

/** What the letters of row ids stand for. */
const sections: Readonly<Record<string, string>> = {
  A: 'Resources and methods',
  B: 'Session creation',
  C: 'SDP',
  D: 'Counter-offer, no publisher',
  E: 'PATCH and trickle ICE',
  F: 'Conditional requests',
  G: 'ICE restart',
  H: 'DELETE and lifetime',
  I: 'OPTIONS and CORS',
  J: 'STUN and TURN by Link',
  K: 'Authentication',
  L: 'Redirects, load, limits',
  M: 'Simulcast and SVC',
  N: 'Extensions, events, layers',
  O: 'Security',
};

/** The table in the README of this folder: how many rows are tested, by section and by who demands them. */
export function summaryLines(): string[] {
  const tested = rows.filter(({ side }) => side !== 'C');
  const letters = [...new Set(tested.map(({ id }) => id.slice(0, 1)))];
  const counts = (group: typeof tested) => {
    const project = group.filter(({ level }) => level.startsWith('P-')).length;
    return `${group.length - project} | ${project}`;
  };
  return [
    ...letters.map((letter) => `| ${letter} ${sections[letter] ?? ''} | ${counts(tested.filter(({ id }) => id.startsWith(letter)))} |`),
    `| all | ${counts(tested)} |`,
  ];
}
