// relu.

import { f32x4 } from '@treadle/wasm';
import type { Node } from '../../node.ts';
import { greater, where } from './comparison.ts';
import { floatUnary, type NodeOrNumber } from './lane.ts';

/** max(x, 0); the gradient at 0 is 0. */
export const relu: (x: NodeOrNumber) => Node = floatUnary({
  name: 'relu',
  cost: 0.1,
  lane: (_, x) => f32x4.pmax(x.float(0), 0), // x < 0 ? 0 : x, which keeps NaN
  gradient: (dy, y) => [where(greater(y, 0), dy, 0)],
});
