// Neighbouring rows of a tensor as a tensor of their own, where they lie: nothing is copied, and no plan runs. For whoever goes
// through many rows part by part.

import { StoredValue, valueOf } from '@treadle/compiler';
import { joinLost, mostElements, pick, sizeOf, sourceNode } from '@treadle/graph';
import { tensor } from '../create.ts';
import { Tensor } from '../tensor.ts';

/** Rows [from, to) of x [n, …], computed first if need be. They stay readable when x is disposed of, and have no history. */
export function rowsInPlace(x: Tensor, from: number, to: number): Tensor {
  const [, ...sample] = x.shape;
  const length = sizeOf(sample);
  const { node } = x;
  const storage = StoredValue.slice(valueOf(node), from * length, (to - from) * length);
  node.captured = true;
  const lost = node.tracked ? 'all' : joinLost(node.lost, 'untracked');
  return new Tensor(sourceNode({ kind: 'stored', storage }, [to - from, ...sample], x.dtype, { lost }));
}

/** Tensors [n, …] of which plans gather rows. What the plans do not depend on is n, which they read when they run. */
export interface OpenRows {
  /** with as many rows as any tensor of such rows could have; behind the first n lies something else */
  readonly tensors: readonly Tensor[];
  /** n, int32 [] */
  readonly count: Tensor;
}

/** Tensors of the same n ≥ 1 rows, computed first if need be. They stay readable when those are disposed of, until `closeRows`. */
export function openRows(xs: readonly Tensor[]): OpenRows {
  const count = tensor(xs[0]?.shape[0] ?? 0, { dtype: 'int32' });
  return { tensors: xs.map(withMostRows), count };
}

/** The rows of these numbers, int32 [i], of each: [i, …]. Numbers must be those of rows; the gradient passes nothing on. */
export function gatherRows({ tensors, count }: OpenRows, numbers: Tensor): readonly Tensor[] {
  return tensors.map((x) => new Tensor(pick(x.node, numbers.node, 0, count.node)));
}

/** Lets go of the rows. */
export function closeRows({ tensors, count }: OpenRows): void {
  for (const t of [...tensors, count]) t.dispose();
}

function withMostRows(x: Tensor): Tensor {
  const [, ...sample] = x.shape;
  const length = sizeOf(sample);
  const most = Math.floor((mostElements - 1) / Math.max(1, length));
  const storage = StoredValue.slice(valueOf(x.node), 0, most * length);
  return new Tensor(sourceNode({ kind: 'stored', storage }, [most, ...sample], x.dtype));
}
