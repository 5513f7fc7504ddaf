// What sixteen neighbouring positions of a loop have in common. An index is an expression like any other; of those that stand
// for a quarter of sixteen positions, the first a multiple of sixteen, it is known here which quarter, and of what. So work
// that serves several quarters can be emitted once.

import { type Expr, type FunctionBuilder, i32, i32x4 } from '@treadle/wasm';
import { ramp } from '../core/arithmetic.ts';

export type Quarter = 0 | 1 | 2 | 3;

/** Sixteen positions that one round of a loop computes; the object tells rounds apart. */
export interface IndexBlock {
  /** the positions of the first quarter */
  readonly first: Expr<'i32x4'>;
}

interface Place {
  readonly round: IndexBlock;
  readonly quarter: Quarter;
}

const places = new WeakMap<Expr<'i32x4'>, Place>();
const asked = new WeakSet<Expr<'i32x4'>>();

/** Where an index stands in its round; undefined where it is none of a round. */
export function quarterOf(index: Expr<'i32x4'>): Place | undefined {
  asked.add(index);
  return places.get(index);
}

/** Whether `use` asks where the index that it is given stands. */
export function asksForQuarter(use: (index: Expr<'i32x4'>) => void): boolean {
  const index = i32x4.const(0);
  use(index);
  return asked.has(index);
}

/** Positions start … start + 7 as two vectors that V8 can join: all that differs is a constant it need not fetch. */
export function pairOfIndices(f: FunctionBuilder, start: Expr<'i32'>): [Expr<'i32x4'>, Expr<'i32x4'>] {
  const first = f.let(ramp(start, 1));
  const on = (none: 0 | -1): Expr<'i32x4'> => f.let(i32x4.sub(first, i32x4.shl(i32x4.const(none), 2)));
  return [on(0), on(-1)]; // first − (0 << 2), first − (−1 << 2)
}

/** The indices of a round that begins with position `start`, a multiple of sixteen. */
export function indicesOfRound(f: FunctionBuilder, start: Expr<'i32'>): Expr<'i32x4'>[] {
  const indices = [...pairOfIndices(f, start), ...pairOfIndices(f, i32.add(start, 8))];
  const round = { first: f.let(ramp(start, 1)) };
  for (const quarter of [0, 1, 2, 3] as const) {
    const index = indices[quarter];
    if (index) places.set(index, { round, quarter });
  }
  return indices;
}
