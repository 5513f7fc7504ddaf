// A rule that many layers share: sizes are whole numbers ≥ 1.

import { show } from '@treadle/tensor';

/** A whole number ≥ `least`, 1 by default. Throws RangeError; `what` begins the message, as in 'dense: units'. */
export function checkCount(what: string, n: unknown, least = 1): number {
  if (typeof n === 'number' && Number.isSafeInteger(n) && n >= least) return n;
  throw new RangeError(`${what} must be a whole number ≥ ${least}; got ${show(n)}`);
}
