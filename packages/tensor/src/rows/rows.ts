// Rows of a large tensor without copies, for loops over batches of a data set: neighbouring rows as a view of the same memory, and
// rows that a plan gathers by their numbers.

import { StoredValue, valueOf } from '@treadle/compiler';
import { gatherUnchecked, joinLostHistory, mostElements, sizeOf, sourceNode } from '@treadle/graph';
import { tensor } from '../create.ts';
import { Tensor } from '../tensor.ts';

/**
 * Rows [from, to) of x [n, …] as a tensor over the same memory; x is computed first if it is not known. They stay readable after x was
 * disposed of, and have no history.
 */
export function rowsInPlace(x: Tensor, from: number, to: number): Tensor {
  const [, ...sample] = x.shape;
  const length = sizeOf(sample);
  const { node } = x;
  const storage = StoredValue.slice(valueOf(node), from * length, (to - from) * length);
  node.captured = true;
  const lostHistory = node.tracked ? 'all' : joinLostHistory(node.lostHistory, 'untracked');
  return new Tensor(sourceNode({ kind: 'stored', storage }, [to - from, ...sample], x.dtype, { lostHistory }));
}

/** Tensors [n, …] from which plans gather rows. n is read when a plan runs, so plans do not depend on it. */
export interface OpenRows {
  /** declared with as many rows as a tensor of such rows can have; only the first n exist */
  readonly tensors: readonly Tensor[];
  /** n, int32 [] */
  readonly count: Tensor;
}

/** Opens tensors of the same n ≥ 1 rows, which are computed first if they are not known. They stay readable until `closeRows`. */
export function openRows(xs: readonly Tensor[]): OpenRows {
  const count = tensor(xs[0]?.shape[0] ?? 0, { dtype: 'int32' });
  return { tensors: xs.map(withMostRows), count };
}

/** The rows with these numbers, int32 [i], of each tensor: [i, …]. Numbers out of 0 … n − 1 are clamped; no gradient passes. */
export function gatherRows({ tensors, count }: OpenRows, numbers: Tensor): readonly Tensor[] {
  return tensors.map((x) => new Tensor(gatherUnchecked(x.node, numbers.node, 0, count.node)));
}

/** Releases the rows. */
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
