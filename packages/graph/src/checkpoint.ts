// Checkpoints: a subgraph whose intermediate values are not kept for the gradient but computed a second time in the backward pass
// (Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016). The subgraph ends in a node for its result,
// whose gradient is that of a copy of the subgraph. The copy's inputs depend on the gradient that arrives. So no scheduler can compute
// the copy before the backward pass, and no common-subexpression pass can merge it with the original.

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

/** f of the inputs: one node. Of the values between, only the inputs are kept for the gradient. */
export function checkpoint(inputs: readonly Node[], f: (inputs: readonly Node[]) => Node): Node {
  const copies = inputs.map((input) => argumentNode(input));
  const y = f(copies);
  // others: nodes that f uses beside its inputs, such as weights
  const { made: nodes, consts: others } = subgraphBetween([y], new Set(copies));
  if (nodes.length === 0) return y;
  const read = new Set(nodes.flatMap(({ inputs: all }) => all));
  const used = copies.filter((node) => read.has(node));
  const op: MoveOp = {
    kind: 'move',
    name: 'checkpoint',
    key: 'checkpoint',
    view: (input) => input,
    gradient: (dy) => {
      const starts = new Map(used.map((node) => [node, after(node.inputs[0] ?? node, dy)]));
      const again = computeAgain(nodes, starts);
      const targets = [...starts.values(), ...others];
      const sums = new Map([[again.at(-1) ?? dy, dy]]);
      addUp(again.toReversed(), new Set([...again, ...targets]), sums);
      return [undefined, ...targets.map((target) => sums.get(target))];
    },
  };
  const sources = used.map((node) => node.inputs[0] ?? node);
  return applyOp(op, [y, ...sources, ...others], y.shape, y.dtype);
}

/** x, but no earlier than the second input is known */
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

/** The same nodes, computed from other values. */
function computeAgain(nodes: readonly BodyNode[], values: ReadonlyMap<Node, Node>): readonly Node[] {
  const copies = new Map(values);
  return nodes.map(({ node, op, inputs }) => {
    const again = applyOp(
      op,
      inputs.map((input) => copies.get(input) ?? input),
      node.shape,
      node.dtype,
    );
    copies.set(node, again);
    return again;
  });
}
