// any and all over axes, of bool.

import type { Combine } from '@treadle/kernels';
import { v128 } from '@treadle/wasm';
import type { Node } from '../../node.ts';
import type { Axes } from '../../shape.ts';
import { cast } from '../elementwise/cast.ts';
import { ints } from './combine.ts';
import { type ReduceOptions, reduceAxes } from './reduce.ts';

function quantifier(name: string, combine: Combine): (x: Node, axes?: Axes, options?: ReduceOptions) => Node {
  return (x, axes, options = {}) =>
    reduceAxes(cast(x, 'bool'), axes, options, { name, key: name, combine, gradient: () => [] });
}

/** Whether any element is true (≠ 0). */
export const any: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = quantifier(
  'any',
  ints(0, (a, b) => v128.or(a, b)),
);

/** Whether all elements are true (≠ 0). */
export const all: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = quantifier(
  'all',
  ints(-1, (a, b) => v128.and(a, b)),
);
