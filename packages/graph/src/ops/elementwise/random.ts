// Random numbers of a distribution, composed from uniform ones.

import type { Node } from '../../node.ts';
import type { Shape } from '../../shape.ts';
import { add, mul, sub } from './arithmetic.ts';
import { less, where } from './comparison.ts';
import type { NodeOrNumber } from './lane.ts';
import { normal01, uniform01 } from './threefry.ts';

/** Uniform in [min, max). */
export function randomUniform(shape: Shape, seed: Node, counter: Node, min: NodeOrNumber, max: NodeOrNumber): Node {
  const uniform = uniform01(shape, seed, counter, 'randomUniform');
  const y = add(mul(uniform, sub(max, min)), min);
  return where(less(y, max), y, min); // a sum may have rounded up to max
}

/** Normal, see `normalPair` of the kernels. */
export function randomNormal(shape: Shape, seed: Node, counter: Node, mean: NodeOrNumber, stddev: NodeOrNumber): Node {
  return add(mul(normal01(shape, seed, counter, 'randomNormal'), stddev), mean);
}
