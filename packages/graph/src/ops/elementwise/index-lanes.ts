// Values that depend only on the position of an element: 0, 1, 2 …, and random numbers.

import { randomNormal, randomUniform } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { applyOp, type Node } from '../../node.ts';
import type { LaneOp } from '../../op.ts';
import { checkShape, type Shape, showShape } from '../../shape.ts';
import { widened } from './cast.ts';
import { requireDtype } from './lane.ts';

const indices: LaneOp = {
  kind: 'lane',
  name: 'arange',
  key: 'arange',
  cost: 0.1,
  indexed: true,
  lane: (_, x) => x.index(),
  gradient: () => [],
};

/** 0, 1, …, length − 1, int32. */
export function arange(length: number): Node {
  return applyOp(indices, [], checkShape('arange', [length]), 'int32');
}

const uniform = randomOp('randomUniform', 0.8, randomUniform);
const normal = randomOp('randomNormal', 1.6, randomNormal);

function randomOp(name: string, cost: number, draw: typeof randomUniform): LaneOp {
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
export function normal01(shape: Shape, seed: Node, counter: Node, op: string): Node {
  return random(op, normal, shape, seed, counter);
}
