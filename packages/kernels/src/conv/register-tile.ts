// The innermost loops of a convolution: a block of rows × columns of the result stays in registers while k runs. It differs from
// the micro-kernel of the product only in where A lies: nothing is gathered; the rows of the block have offsets that are known
// when the code is written, and k runs through nested loops, each with a step of its own. Every element is one chain of
// multiply-adds in the order of the loops, so its bits do not depend on the block that it is computed in.

import { type Address, type FunctionBuilder, type ModuleBuilder, v128 } from '@treadle/wasm';
import type { Level } from '../core/kernel.ts';
import { type MicroKernel, microKernelFunc, startSums, writeBack } from '../matmul/micro-kernel.ts';
import { fused, multiplyAdd, type Sums } from '../matmul/multiply-add.ts';
import { emitLoops, type Loop, type Nest } from './loop-nest.ts';

/** A block of rows × columns, and the loops that k runs through. */
export interface RegisterTileSpec {
  /** bytes from `a` to the first element of each row */
  readonly aOffsets: readonly number[];
  /** whether a row of A has one element for each column, as neighbours, instead of one for all columns */
  readonly perLane: boolean;
  readonly columns: number;
  /** outermost first */
  readonly loops: readonly Loop[];
  readonly cRow: number;
  readonly level: Level;
}

/** (a, b, c, count, continues, spill), as a micro-kernel; `count`: of the outermost loop, where it is known at run time only. */
export function registerTile(module: ModuleBuilder, spec: RegisterTileSpec): MicroKernel {
  const key = `conv register tile ${JSON.stringify(spec)}`;
  return microKernelFunc(module, key, (f, a, b, c, count, continues, spill) => {
    const { aOffsets, perLane, columns, cRow, level, loops } = spec;
    const sums = startSums(f, { rows: aOffsets.length, columns, cRow, level }, c, continues);
    const nest: Nest = {
      f,
      a,
      b,
      count,
      level,
      step: perLane ? multiplyAddLanes(f, spec, sums, a, b) : multiplyAddSplats(f, spec, sums, a, b),
      slide: perLane ? multiplyAddSliding(f, spec, sums, a, b) : undefined,
    };
    if (loops.every((loop) => loop.count !== 0)) emitLoops(nest, loops);
    writeBack(f, { columns, cRow, level }, sums, c, spill);
  });
}

type Step = Nest['step'];

/** sums[i][j] = a[i] · b[j] + sums[i][j] */
function multiplyAddSplats(
  f: FunctionBuilder,
  { aOffsets, level }: RegisterTileSpec,
  sums: Sums,
  a: Address,
  b: Address,
): Step {
  const step = multiplyAdd<{ readonly a: number; readonly b: number }>(
    f,
    level,
    sums,
    (i, offset) => v128.load32_splat('f32x4', a, (aOffsets[i] ?? 0) + offset.a),
    (j, offset) => v128.load('f32x4', b, 16 * j + offset.b),
  );
  return (aOffset, bOffset) => step({ a: aOffset, b: bOffset });
}

/** sums[i][j] = a[i][j] · b[j] + sums[i][j]; B is held in registers. */
function multiplyAddLanes(
  f: FunctionBuilder,
  { aOffsets, level }: RegisterTileSpec,
  sums: Sums,
  a: Address,
  b: Address,
): Step {
  const vectors = sums[0] ?? [];
  const bs = vectors.map(() => f.local('f32x4'));
  const as = vectors.map(() => f.local('f32x4'));
  return (aOffset, bOffset) => {
    bs.forEach((vector, j) => {
      f.set(vector, v128.load('f32x4', b, 16 * j + bOffset));
    });
    sums.forEach((row, i) => {
      as.forEach((vector, j) => {
        f.set(vector, v128.load('f32x4', a, (aOffsets[i] ?? 0) + aOffset + 16 * j));
      });
      row.forEach((sum, j) => {
        f.set(sum, fused(level, bs[j]!, as[j]!, sum));
      });
    });
  };
}

/**
 * sums[i][j] = a[i][j] · b[j] + sums[i][j] for every k of a loop. An element of A that several rows read, each at a k of its own,
 * is loaded once. Elements are visited in the order of memory, so every row meets its k in order.
 */
function multiplyAddSliding(
  f: FunctionBuilder,
  { aOffsets, level }: RegisterTileSpec,
  sums: Sums,
  a: Address,
  b: Address,
): (loop: Loop, aOffset: number, bOffset: number) => void {
  const vectors = Array.from({ length: sums[0]?.length ?? 0 }, (_, j) => j);
  const element = vectors.map(() => f.local('f32x4'));
  return ({ count = 0, aStride, bStride }, aOffset, bOffset) => {
    const weights = Array.from({ length: count }, (_, k) =>
      vectors.map((j) => f.let(v128.load('f32x4', b, bOffset + k * bStride + 16 * j))),
    );
    const offsets = new Set(aOffsets.flatMap((offset) => weights.map((_, k) => offset + k * aStride)));
    for (const offset of [...offsets].sort((x, y) => x - y)) {
      for (const j of vectors) f.set(element[j]!, v128.load('f32x4', a, aOffset + offset + 16 * j));
      sums.forEach((row, i) => {
        const weight = weights[(offset - (aOffsets[i] ?? 0)) / aStride];
        if (weight) for (const j of vectors) f.set(row[j]!, fused(level, weight[j]!, element[j]!, row[j]!));
      });
    }
  };
}
