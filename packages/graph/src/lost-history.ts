// Lost history: what gradients cannot see any more, because the op and inputs of a computed node were dropped.

import type { LostHistory } from './node.ts';

const ranks = ['none', 'untracked', 'all'] as const;

/** What may be upstream of a node that is computed from both. */
export function joinLostHistory(a: LostHistory, b: LostHistory): LostHistory {
  if (a === b) return a;
  if (typeof a === 'string' && typeof b === 'string') return ranks.indexOf(a) > ranks.indexOf(b) ? a : b;
  if (typeof a === 'string') return a === 'all' ? a : b;
  if (typeof b === 'string') return b === 'all' ? b : a;
  if ([...b].every((state) => a.has(state))) return a;
  return new Set([...a, ...b]);
}
