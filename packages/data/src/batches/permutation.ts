// The numbers 0 … n − 1 in an order that a seed decides: R. Durstenfeld's form of the Fisher–Yates shuffle (1964), every
// order as likely as the generator's words allow. The same seed and epoch give the same order on every machine.

import { type OptionKinds, readOptions, show } from '@treadle/tensor';
import { randomUpTo, randomWords } from './random-words.ts';

export interface PermutationOptions {
  /** 0 … 2⁵³ − 1; 0 when not given. */
  readonly seed?: number | undefined;
  /** 0 … 2³² − 1; an order of its own for each; 0 when not given. */
  readonly epoch?: number | undefined;
  /** The name that error messages begin with. */
  readonly op?: string | undefined;
}

const permutationOptions: OptionKinds<PermutationOptions> = {
  seed: 'number',
  epoch: 'number',
  op: 'string',
};

/** The indices 0 … n − 1, each once, shuffled. Throws RangeError when n, seed or epoch is not a whole number in range. */
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
    throw new RangeError(`${op}: the number of rows must be whole and below 2^31; got ${show(n)}`);
  }
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  return order;
}
