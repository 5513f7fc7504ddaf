// A random order of 0 … n − 1 from a seed: the Fisher–Yates shuffle in the form of R. Durstenfeld (1964). All orders
// are equally likely, as far as the random words are uniform. The same seed and epoch give the same order on every
// machine.

import { type OptionKinds, readOptions, show } from '@treadle/tensor';
import { randomUpTo, randomWords } from './random-words.ts';

/** Options of `permutation`. */
export interface PermutationOptions {
  /** Decides the order: 0 … 2⁵³ − 1; 0 by default. */
  readonly seed?: number | undefined;
  /** Each epoch has its own order: 0 … 2³² − 1; 0 by default. */
  readonly epoch?: number | undefined;
  /** The name that error messages begin with; `'permutation'` by default. */
  readonly op?: string | undefined;
}

const permutationOptions: OptionKinds<PermutationOptions> = {
  seed: 'number',
  epoch: 'number',
  op: 'string',
};

/**
 * The indices 0 … n − 1 in a random order, int32 [n]. The same seed and epoch always give the same order.
 *
 * @throws RangeError when n is not a whole number from 0 to 2³¹ − 1, and when the seed or the epoch is out of range
 *
 * @example
 * ```ts
 * import { permutation } from 'treadle';
 * [...permutation(10, { seed: 1 })]; // → [9, 8, 2, 3, 7, 6, 0, 5, 1, 4]
 * ```
 */
export function permutation(n: number, options: PermutationOptions = {}): Int32Array {
  const { seed = 0, epoch = 0, op = 'permutation' } = readOptions('permutation', options, permutationOptions);
  const next = randomWords(op, seed, epoch);
  const order = ascending(n, op);
  for (let last = n - 1; last > 0; last--) {
    const chosen = randomUpTo(last, next);
    const index = order[chosen]!;
    order[chosen] = order[last]!;
    order[last] = index;
  }
  return order;
}

/** The indices 0 … n − 1 in order. */
export function ascending(n: number, op: string): Int32Array {
  if (!Number.isInteger(n) || n < 0 || n >= 2 ** 31) {
    throw new RangeError(`${op}: the number of rows must be a whole number from 0 to 2^31 − 1; got ${show(n)}`);
  }
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  return order;
}
