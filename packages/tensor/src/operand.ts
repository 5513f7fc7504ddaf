// What functions take as a tensor: a tensor, numbers, or arrays of both. Each becomes one node. A number stays a number where an
// op has two operands, so that it takes the dtype of the other one.

import { type Node, ops, ShapeError, sameShape, showShape } from '@treadle/graph';
import { mostAxes, tooDeep } from './convert/nested.ts';
import { alike, type Numbers, toNode } from './convert/values.ts';
import { Tensor } from './tensor.ts';

/** What an operand may be: a tensor, numbers that become one, or arrays of both, which are stacked. */
export type TensorLike = Tensor | Numbers | readonly TensorLike[];

/** The operand as a node; a number stays a number. Throws as nodeOf does. */
export function operand(x: TensorLike): Node | number {
  return typeof x === 'number' ? x : nodeOf(x);
}

/**
 * The operand as a node.
 *
 * @throws ShapeError where tensors in an array differ in shape from their neighbours, or rows in length.
 * @throws DtypeError for what is neither tensor nor number.
 */
export function nodeOf(x: TensorLike): Node {
  return nodeAtDepth(x, 0);
}

function nodeAtDepth(x: TensorLike, depth: number): Node {
  if (x instanceof Tensor) return x.node;
  if (depth > mostAxes) throw tooDeep();
  return isNumbers(x, depth) ? toNode(x) : stacked(x, depth);
}

/** Whether the arrays hold numbers alone, no tensors. */
export function isNumbers(x: TensorLike, depth = 0): x is Numbers {
  if (x instanceof Tensor) return false;
  if (!isArray(x) || depth > mostAxes) return true; // toNode refuses arrays that are too deep
  return x.every((element) => typeof element !== 'object' || isNumbers(element, depth + 1));
}

function isArray(x: TensorLike): x is readonly TensorLike[] {
  return Array.isArray(x);
}

function stacked(elements: readonly TensorLike[], depth: number): Node {
  const nodes = Array.from(elements, (element) => nodeAtDepth(element, depth + 1));
  const [first] = nodes;
  const other = nodes.findIndex(({ shape }) => first && !sameShape(shape, first.shape));
  if (other >= 0) {
    const [got, unlike] = [showShape(first?.shape ?? []), showShape(nodes[other]?.shape ?? [])];
    throw new ShapeError(`tensor: rows must have equal shapes; got ${got} at [0], ${unlike} at [${other}]`);
  }
  return ops.stack(alike(nodes), 0);
}
