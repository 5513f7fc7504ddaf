// Checkpoints: a part of a graph whose values are not kept for the gradient but computed a second time on the way back (Chen,
// Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016). The part ends in a node that stands for its
// result and whose gradient is that of a copy of the part. The copy begins with values that are there no earlier than the
// gradient that has arrived: whatever orders the work, nothing of the copy is computed while the first values are still needed,
// and nobody can take the one for the other.

import { v128 } from '@treadle/wasm';
import { argumentNode } from './argument.ts';
import { addUp } from './gradients.ts';
import { subgraphBetween } from './loops/loop-body.ts';
import { applyOp } from './make-node.ts';
import type { BodyNode, MoveOp, Node } from './node.ts';
import { applyLane, laneOp } from './ops/elementwise/lane.ts';
import { reshape } from './ops/moves/reshape.ts';
import { slice } from './ops/moves/slice-and-pad.ts';
import { sizeOf } from './shape.ts';

/** f of the inputs, one node; of what lies between them, nothing but the inputs is kept for the gradient. */
export function checkpoint(inputs: readonly Node[], f: (inputs: readonly Node[]) => Node): Node {
  const stands = inputs.map((input) => argumentNode(input));
  const y = f(stands);
  // `others`: what the function found elsewhere: weights, for one
  const { made: part, consts: others } = subgraphBetween([y], new Set(stands));
  if (part.length === 0) return y;
  const read = new Set(part.flatMap(({ inputs: all }) => all));
  const used = stands.filter((node) => read.has(node));
  const op: MoveOp = {
    kind: 'move',
    name: 'checkpoint',
    key: 'checkpoint',
    view: (input) => input,
    gradient: (dy) => {
      const begins = new Map(used.map((node) => [node, after(node.inputs[0] ?? node, dy)]));
      const copies = copy(part, begins);
      const targets = [...begins.values(), ...others];
      const sums = new Map([[copies.at(-1) ?? dy, dy]]);
      addUp(copies.toReversed(), new Set([...copies, ...targets]), sums);
      return [undefined, ...targets.map((target) => sums.get(target))];
    },
  };
  const sources = used.map((node) => node.inputs[0] ?? node);
  return applyOp(op, [y, ...sources, ...others], y.shape, y.dtype);
}

/** x, which cannot be computed before the second input is. */
const wait = laneOp({
  name: 'after',
  cost: 0.1,
  lane: (_, x) => v128.or(x.int(0), x.int(0)),
  gradient: (dz) => [dz],
});

function after(x: Node, y: Node): Node {
  if (sizeOf(y.shape) === 0) return applyLane(wait, [x], x.dtype);
  const first = slice(
    y,
    y.shape.map(() => 0),
    y.shape.map(() => 1),
  );
  return applyLane(wait, [x, reshape(first, [])], x.dtype);
}

/** The same ops on the values given. */
function copy(part: readonly BodyNode[], values: ReadonlyMap<Node, Node>): readonly Node[] {
  const copies = new Map(values);
  return part.map(({ node, op, inputs }) => {
    const made = applyOp(
      op,
      inputs.map((input) => copies.get(input) ?? input),
      node.shape,
      node.dtype,
    );
    copies.set(node, made);
    return made;
  });
}
