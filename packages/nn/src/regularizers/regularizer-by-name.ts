// Regularizers by name, and from their configs. The names are those of the exports of index.ts.

import { byName, isNameIn, show } from '@treadle/tensor';
import * as regularizers from './index.ts';
import { l1l2 } from './l1-l2.ts';
import type { Regularizer } from './regularizer.ts';

/** A name of a regularizer, such as 'l2'. */
export type RegularizerName = keyof typeof regularizers;

/**
 * The regularizer of that name with its default factors. A function is returned as it is, and undefined too. Throws RangeError for
 * anything else.
 */
export function regularizerOf(given: RegularizerName | Regularizer | undefined): Regularizer | undefined {
  if (given === undefined || typeof given === 'function') return given;
  if (isNameIn(regularizers, given)) return byName('regularizer', regularizers, given)();
  throw new RangeError(
    `regularizer: it must be a function or one of ${Object.keys(regularizers).join(', ')}; got ${show(given)}; l2(0.01) makes one`,
  );
}

/** The regularizer that a config describes, by its name or its factors { l1, l2 }; undefined if it describes none. */
export function regularizerFrom(config: unknown): Regularizer | undefined {
  if (isNameIn(regularizers, config)) return regularizerOf(config);
  if (typeof config !== 'object' || config === null || !('l1' in config && 'l2' in config)) return undefined;
  if (typeof config.l1 !== 'number' || typeof config.l2 !== 'number') return undefined;
  return l1l2({ l1: config.l1, l2: config.l2 });
}
