// The results of a loop: parts of its node, made on demand.

import type { BodyPlace, LoopBody, LoopOp, Node } from '../node.ts';
import { broadcastTo } from '../ops/reduce/sum-and-broadcast.ts';
import { partNode } from '../results.ts';

/** The op of a loop's node. */
export function loopOf({ op }: Node): LoopOp {
  if (op?.kind !== 'loop') throw new Error('internal: not a loop');
  return op;
}

/** A carry after the last step. */
export function finalOf(loop: Node, carry: number): Node {
  const { body } = loopOf(loop);
  const next = body.next[carry];
  return next && body.consts.includes(next) ? next : partNode(loop, { kind: 'final', carry });
}

/** A node at all steps, stacked: [length, …]. It may be a node of the body, or one outside, which is the same at every step. */
export function stackOf(loop: Node, node: Node): Node {
  const { body, length } = loopOf(loop);
  const slice = body.slices.indexOf(node);
  const stack = slice >= 0 ? loop.inputs[body.carries.length + slice] : undefined;
  if (stack) return stack;
  const place = placeOf(body, node);
  if (place === undefined || body.consts.includes(node)) return broadcastTo(node, [length, ...node.shape]);
  const made = typeof place === 'number' ? body.made[place - body.places.size + body.made.length] : undefined;
  const [input] = made?.inputs ?? [];
  if (made?.op.batched && input && made.inputs.length === 1) return made.op.batched([stackOf(loop, input)]);
  return partNode(loop, { kind: 'stack', place });
}

/** The place of a node in a body; undefined for a node outside. */
export function placeOf({ places }: LoopBody, node: Node): BodyPlace | undefined {
  const place = places.get(node);
  if (place !== undefined || node.op?.kind !== 'part') return place;
  const of = places.get(node.inputs[0] ?? node);
  return of === undefined ? undefined : { of, part: node.op.part };
}
