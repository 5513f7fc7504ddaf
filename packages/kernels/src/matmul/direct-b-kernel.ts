// The innermost loop of the product for few rows where k runs along the columns of B in memory: one load reads four k of a
// column, and four columns are transposed in registers. Nothing is packed, since nothing would be read again.
// Every element is the same chain of multiply-adds over k as in the micro-kernel, and has the same bits.

import { type Address, type FunctionBuilder, i32, type ModuleBuilder, v128 } from '@treadle/wasm';
import { transpose4x4 } from '../elementwise/transpose-4x4.ts';
import {
  computedColumns,
  type MicroKernel,
  type MicroKernelSpec,
  microKernelFunc,
  startSums,
  writeBack,
} from './micro-kernel.ts';
import { fused, pairsOf, type Sums } from './multiply-add.ts';
import { gather } from './pack.ts';

/** Distances are in bytes, at least 0. */
export interface DirectBKernelSpec extends Omit<MicroKernelSpec, 'blocks' | 'blockStride' | 'bStride'> {
  /** from a column of B to the next; its k are neighbours */
  readonly bColumn: number;
  /** from a column of C to the next, 4 by default; otherwise the chains start from +0 */
  readonly cColumn?: number;
}

/** A kernel that is called like a micro-kernel; a module emits it once. */
export function directBKernel(module: ModuleBuilder, spec: DirectBKernelSpec): MicroKernel {
  const key = `matmul direct-B kernel ${JSON.stringify(spec)}`;
  return microKernelFunc(module, key, (f, a, b, c, k, continues, spill) => {
    const sums = startSums(f, spec, c, continues);
    const advance = (steps: number): void => {
      f.increment(a, steps * spec.aStride);
      f.increment(b, steps * 4);
      f.set(k, i32.sub(k, steps));
    };
    for (const steps of [lineSteps, 4]) {
      f.if(i32.ge_s(k, steps), () => {
        f.loop((again) => {
          transposedSteps(f, spec, sums, a, b, steps);
          advance(steps);
          f.brIf(again, i32.ge_s(k, steps));
        });
      });
    }
    f.if(k, () => {
      f.loop((again) => {
        oneStep(f, spec, sums, a, b);
        advance(1);
        f.brIf(again, k);
      });
    });
    writeBack(f, spec, sums, c, spill);
  });
}

/**
 * k of a round: a whole cache line of each column, before the line of the next column is read. Columns a power of two apart share
 * few sets of the L1.
 */
const lineSteps = 16;

/** The distance to the column of a lane; lanes beyond the last column repeat it. */
function columnOf({ bColumn, columns }: DirectBKernelSpec): (lane: number) => number {
  return (lane) => Math.min(lane, columns - 1) * bColumn;
}

/** A multiple of four k, pair of vectors by pair of vectors. */
function transposedSteps(
  f: FunctionBuilder,
  spec: DirectBKernelSpec,
  sums: Sums,
  a: Address,
  b: Address,
  steps: number,
): void {
  const distance = columnOf(spec);
  const four = [0, 1, 2, 3];
  for (const pair of pairsOf(computedColumns(spec.columns, spec.level) / 4)) {
    for (let first = 0; first < steps; first += 4) {
      const transposed = pair.map((p) => {
        const columns = four.map((lane) => f.let(v128.load('f32x4', b, distance(4 * p + lane) + 4 * first)));
        return transpose4x4(f, columns);
      });
      for (const u of four) {
        sums.forEach((row, i) => {
          const factor = f.let(v128.load32_splat('f32x4', a, i * spec.aRow + (first + u) * spec.aStride));
          pair.forEach((p, q) => {
            f.set(row[p]!, fused(spec.level, transposed[q]![u]!, factor, row[p]!));
          });
        });
      }
    }
  }
}

function oneStep(f: FunctionBuilder, spec: DirectBKernelSpec, sums: Sums, a: Address, b: Address): void {
  const factors = sums.map((_, i) => f.let(v128.load32_splat('f32x4', a, i * spec.aRow)));
  sums[0]?.forEach((_, j) => {
    const column = f.let(gather(b, 4 * j, columnOf(spec)));
    sums.forEach((row, i) => {
      f.set(row[j]!, fused(spec.level, column, factors[i]!, row[j]!));
    });
  });
}
