// Random numbers of a distribution, composed from uniform ones; and the identity that stops gradients.

import { v128 } from '@treadle/wasm';
import type { Node } from '../node.ts';
import type { Shape } from '../shape.ts';
import { add, mul, sub } from './arithmetic.ts';
import { log } from './exponential.ts';
import { uniform01 } from './index-lanes.ts';
import { applyLane, laneOp, type NodeOrNumber } from './lane.ts';
import { sqrt } from './power.ts';
import { cos } from './trigonometric.ts';

/** Uniform in [min, max). */
export function randomUniform(shape: Shape, seed: Node, counter: Node, min: NodeOrNumber, max: NodeOrNumber): Node {
  return add(mul(uniform01(shape, seed, counter), sub(max, min)), min);
}

/** Normal, by Box and Muller: √(−2 ln(1 − u)) · cos 2πv for independent uniform u, v in [0, 1). */
export function randomNormal(shape: Shape, seed: Node, counter: Node, mean: NodeOrNumber, stddev: NodeOrNumber): Node {
  const radius = sqrt(mul(-2, log(sub(1, uniform01(shape, seed, counter, 0)))));
  const angle = mul(2 * Math.PI, uniform01(shape, seed, counter, 1));
  return add(mul(mul(radius, cos(angle)), stddev), mean);
}

const stop = laneOp({ name: 'stopGradient', cost: 0.1, lane: (_, x) => v128.or(x.int(0), x.int(0)), gradient: () => [] });

/** x, through which no gradient passes. */
export function stopGradient(x: Node): Node {
  return applyLane(stop, [x], x.dtype);
}
