// arange: each element is its own index.

import { applyOp } from '../../make-node.ts';
import type { LaneOp, Node } from '../../node.ts';
import { checkShape } from '../../shape.ts';

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
