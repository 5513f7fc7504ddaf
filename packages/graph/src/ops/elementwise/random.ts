// Random numbers. Each depends on the seed, the counter and the position of its element alone (kernels/src/math/random.ts has the
// generator), so neither threads nor what else is computed change it.

import { randomNormal as normalLanes, randomUniform as uniformLanes } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { applyOp } from '../../make-node.ts';
import type { LaneOp, Node } from '../../node.ts';
import { checkShape, type Shape, showShape } from '../../shape.ts';
import { add, mul, sub } from './arithmetic.ts';
import { widened } from './cast.ts';
import { less, where } from './comparison.ts';
import { type NodeOrNumber, requireDtype } from './lane.ts';

const uniform = randomOp('randomUniform', 0.8, uniformLanes);
const normal = randomOp('randomNormal', 1.6, normalLanes);

function randomOp(name: string, cost: number, draw: typeof uniformLanes): LaneOp {
  return {
    kind: 'lane',
    name,
    key: name,
    cost,
    indexed: true,
    lane: (f, x) => draw(f, [x.int(0), x.int(1)], x.index()),
    gradient: () => [],
  };
}

function random(op: string, draw: LaneOp, shape: Shape, seed: Node, counter: Node): Node {
  const key = [seed, counter].map((word) => requireDtype(op, widened(word), 'int32'));
  const wrong = key.find((word) => word.shape.length > 0);
  if (wrong)
    throw new ShapeError(`${op}: seed and counter must be single numbers; got shape ${showShape(wrong.shape)}`);
  return applyOp(draw, key, checkShape(op, shape), 'float32');
}

/** Uniform in [0, 1), multiples of 2⁻²⁴, float32; `seed` and `counter` are 0-d int32. `op` is named in errors. */
export function uniform01(shape: Shape, seed: Node, counter: Node, op = 'uniform01'): Node {
  return random(op, uniform, shape, seed, counter);
}

/** Normal with mean 0 and variance 1, float32; otherwise as `uniform01`. */
function normal01(shape: Shape, seed: Node, counter: Node, op: string): Node {
  return random(op, normal, shape, seed, counter);
}

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
