// One k of a block of C that stays in registers: sums[i][j] = a[i] · b[j] + sums[i][j]. Every sum is one chain of multiply-adds, so
// its bits do not depend on the block around it. Where the elements of A and B lie is the caller's choice.

import { type Expr, type FunctionBuilder, f32x4, type Local } from '@treadle/wasm';
import type { Level } from '../core/kernel.ts';

/** A block of C: a row of vectors for each of its rows. */
export type Sums = readonly (readonly Local<'f32x4'>[])[];

/** y · x + sum; rounded once where the level allows it, otherwise twice. */
export function fused({ fma }: Level, y: Expr<'f32x4'>, x: Expr<'f32x4'>, sum: Expr<'f32x4'>): Expr<'f32x4'> {
  return fma ? f32x4.relaxed_madd(y, x, sum) : f32x4.add(sum, f32x4.mul(y, x));
}

/** rows × columns of what `make` makes. */
export function grid<T>(rows: number, columns: number, make: () => T): T[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, make));
}

/** The vectors 0 … vectors − 1 in pairs of neighbours; the last one may be alone. */
export function pairsOf(vectors: number): number[][] {
  return Array.from({ length: Math.ceil(vectors / 2) }, (_, p) => (2 * p + 1 < vectors ? [2 * p, 2 * p + 1] : [2 * p]));
}

/**
 * A function that emits one k for all sums. `loadA(i, k)`: an element of row i in all lanes; `loadB(j, k)`: the j-th vector of
 * columns. The shorter side of the block is held in registers.
 */
export function multiplyAdd<K>(
  f: FunctionBuilder,
  level: Level,
  sums: Sums,
  loadA: (row: number, k: K) => Expr<'f32x4'>,
  loadB: (vector: number, k: K) => Expr<'f32x4'>,
): (k: K) => void {
  const [rows, vectors] = [sums.length, sums[0]?.length ?? 0];
  const holdsB = rows > vectors / 2;
  const bs = Array.from({ length: holdsB ? vectors : 2 }, () => f.local('f32x4'));
  const as = Array.from({ length: holdsB ? 1 : rows }, () => f.local('f32x4'));
  const setA = (i: number, k: K): void => f.set(as[i % as.length]!, loadA(i, k));
  const setB = (j: number, k: K): void => f.set(bs[j % bs.length]!, loadB(j, k));
  const accumulate = (i: number, j: number): void => {
    const sum = sums[i]![j]!;
    f.set(sum, fused(level, bs[j % bs.length]!, as[i % as.length]!, sum));
  };
  return (k) => {
    if (holdsB) {
      for (let j = 0; j < vectors; j++) setB(j, k);
      for (let i = 0; i < rows; i++) {
        setA(i, k);
        for (let j = 0; j < vectors; j++) accumulate(i, j);
      }
      return;
    }
    for (let i = 0; i < rows; i++) setA(i, k);
    for (const pair of pairsOf(vectors)) {
      for (const j of pair) setB(j, k);
      for (let i = 0; i < rows; i++) for (const j of pair) accumulate(i, j);
    }
  };
}
