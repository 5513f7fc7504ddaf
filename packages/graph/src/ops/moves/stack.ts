// stack: tensors of one shape side by side along a new axis.

import { ShapeError } from '../../calls/errors.ts';
import type { Node } from '../../node.ts';
import { normalizeAxis, sameShape, showShape } from '../../shape.ts';
import { concat, requireOneDtype } from './concat.ts';
import { expandDims } from './reshape.ts';

/** Tensors of one shape and dtype side by side along a new axis. */
export function stack(nodes: readonly Node[], axis = 0): Node {
  const first = nodes[0];
  if (!first || nodes.some((node) => !sameShape(node.shape, first.shape))) {
    const got = nodes.map((node) => showShape(node.shape)).join(', ');
    throw new ShapeError(`stack: there must be one tensor or more, all of one shape; got ${got || 'none'}`);
  }
  requireOneDtype('stack', nodes);
  const at = normalizeAxis('stack', axis, first.shape.length + 1);
  return concat(
    nodes.map((node) => expandDims(node, at)),
    at,
  );
}
