// Neighbouring rows of a tensor as a tensor of their own, where they lie: nothing is copied, and no plan runs. For whoever goes
// through many rows part by part.

import { StoredValue, valueOf } from '@treadle/compiler';
import { sizeOf, sourceNode } from '@treadle/graph';
import { Tensor } from './tensor.ts';

/** Rows [from, to) of x [n, …], computed first if need be. They stay readable when x is disposed of. */
export function rowsInPlace(x: Tensor, from: number, to: number): Tensor {
  const [, ...sample] = x.shape;
  const length = sizeOf(sample);
  const storage = StoredValue.part(valueOf(x.node), from * length, (to - from) * length);
  return new Tensor(sourceNode({ kind: 'stored', storage }, [to - from, ...sample], x.dtype));
}
