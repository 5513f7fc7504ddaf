// Blocks of sixteen neighbouring positions in a loop. An index is an expression like any other. For an index that is one quarter
// of a block, this file remembers which quarter it is and of which block. So work that several quarters share, such as a
// counter-based random number generator, is emitted once a block. Invariant: a block begins at a multiple of sixteen.

import { type Expr, type FunctionBuilder, i32, i32x4 } from '@treadle/wasm';
import { ramp } from '../core/arithmetic.ts';

export type Quarter = 0 | 1 | 2 | 3;

/** Sixteen positions that one pass of a loop computes. Blocks are told apart by identity. */
export interface IndexBlock {
  /** the positions of the first quarter */
  readonly first: Expr<'i32x4'>;
}

interface BlockPosition {
  readonly block: IndexBlock;
  readonly quarter: Quarter;
}

const positions = new WeakMap<Expr<'i32x4'>, BlockPosition>();
const asked = new WeakSet<Expr<'i32x4'>>();

/** Which quarter of which block an index is; undefined for an index outside of a block. */
export function quarterOf(index: Expr<'i32x4'>): BlockPosition | undefined {
  asked.add(index);
  return positions.get(index);
}

/** Whether `use` calls `quarterOf` for the index that it is given. */
export function asksForBlock(use: (index: Expr<'i32x4'>) => void): boolean {
  const index = i32x4.const(0);
  use(index);
  return asked.has(index);
}

/** Positions start … start + 7 as two vectors that V8 can join: they differ only in a constant that needs no load. */
export function pairOfIndices(f: FunctionBuilder, start: Expr<'i32'>): [Expr<'i32x4'>, Expr<'i32x4'>] {
  const first = f.let(ramp(start, 1));
  const on = (none: 0 | -1): Expr<'i32x4'> => f.let(i32x4.sub(first, i32x4.shl(i32x4.const(none), 2)));
  return [on(0), on(-1)]; // first − (0 << 2), first − (−1 << 2)
}

/** The four indices of the block that begins at position `start`, a multiple of sixteen. */
export function indicesOfBlock(f: FunctionBuilder, start: Expr<'i32'>): Expr<'i32x4'>[] {
  const indices = [...pairOfIndices(f, start), ...pairOfIndices(f, i32.add(start, 8))];
  const block = { first: f.let(ramp(start, 1)) };
  for (const quarter of [0, 1, 2, 3] as const) {
    const index = indices[quarter];
    if (index) positions.set(index, { block, quarter });
  }
  return indices;
}
