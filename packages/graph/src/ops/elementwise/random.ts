// randomUniform and randomNormal: random numbers of the unit distributions, scaled and shifted.

import type { Node } from '../../node.ts';
import type { Shape } from '../../shape.ts';
import { add, mul, sub } from './arithmetic.ts';
import { less, where } from './comparison.ts';
import type { NodeOrNumber } from './lane.ts';
import { normal01, uniform01 } from './threefry.ts';

/** Uniform in [min, max), float32; `seed` and `counter` are 0-d int32. */
export function randomUniform(shape: Shape, seed: Node, counter: Node, min: NodeOrNumber, max: NodeOrNumber): Node {
  const uniform = uniform01(shape, seed, counter, 'randomUniform');
  const y = add(mul(uniform, sub(max, min)), min);
  return where(less(y, max), y, min); // the sum may have been rounded up to max
}

/** Normal with that mean and standard deviation, float32; `seed` and `counter` are 0-d int32. */
export function randomNormal(shape: Shape, seed: Node, counter: Node, mean: NodeOrNumber, stddev: NodeOrNumber): Node {
  return add(mul(normal01(shape, seed, counter, 'randomNormal'), stddev), mean);
}
