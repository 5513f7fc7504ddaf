// Random numbers of a distribution, composed from uniform ones.

import type { Node } from '../node.ts';
import type { Shape } from '../shape.ts';
import { add, mul, sub } from './arithmetic.ts';
import { less, where } from './comparison.ts';
import { log } from './exponential.ts';
import { uniform01, uniformPairs } from './index-lanes.ts';
import type { NodeOrNumber } from './lane.ts';
import { sqrt } from './power.ts';
import { cos } from './trigonometric.ts';

/** Uniform in [min, max). */
export function randomUniform(shape: Shape, seed: Node, counter: Node, min: NodeOrNumber, max: NodeOrNumber): Node {
  const uniform = uniform01(shape, seed, counter, 'randomUniform');
  const y = add(mul(uniform, sub(max, min)), min);
  return where(less(y, max), y, min); // a sum may have rounded up to max
}

/** Normal, by Box and Muller: √(−2 ln(1 − u)) · cos 2πv for independent uniform u, v in [0, 1). */
export function randomNormal(shape: Shape, seed: Node, counter: Node, mean: NodeOrNumber, stddev: NodeOrNumber): Node {
  const [u, v] = uniformPairs(shape, seed, counter, 'randomNormal');
  const radius = sqrt(mul(-2, log(sub(1, u))));
  const angle = mul(2 * Math.PI, v);
  return add(mul(mul(radius, cos(angle)), stddev), mean);
}
