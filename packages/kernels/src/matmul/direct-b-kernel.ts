// The innermost loop of the product for few rows where k runs along the columns of B in memory: four k of a column come in
// one load, and four columns are turned in registers on the way. Nothing is packed, since nothing would be read again.
// Every element is the same chain of multiply-adds over k as in the micro-kernel, and has its bits.

import { type FunctionBuilder, i32, type Local, type ModuleBuilder, v128 } from '@treadle/wasm';
import { transpose4x4 } from '../elementwise/transpose-4x4.ts';
import {
  computedColumns,
  fused,
  type MicroKernel,
  type MicroKernelSpec,
  startSums,
  writeBack,
} from './micro-kernel.ts';
import { gather } from './pack.ts';

/** Distances are in bytes, at least 0. */
export interface DirectBKernelSpec extends Omit<MicroKernelSpec, 'blocks' | 'blockStep' | 'bStep'> {
  /** from a column of B to the next; its k lie together */
  readonly bColumn: number;
  /** from a column of C to the next, 4 by default; the chains start from +0 where it is another */
  readonly cColumn?: number;
}

/** Called as a micro-kernel. */
export function directBKernel(module: ModuleBuilder, spec: DirectBKernelSpec): MicroKernel {
  const key = `matmul turned kernel ${JSON.stringify(spec)}`;
  return module.once(key, () =>
    module.func(
      key,
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
      'void',
      (f, a, b, c, k, continues, spill) => {
        const sums = startSums(f, spec, c, continues);
        const advance = (steps: number): void => {
          f.increment(a, steps * spec.aStep);
          f.increment(b, steps * 4);
          f.set(k, i32.sub(k, steps));
        };
        for (const steps of [lineSteps, 4]) {
          f.if(i32.ge_s(k, steps), () => {
            f.loop((again) => {
              turnedSteps(f, spec, sums, a, b, steps);
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
      },
      { exported: false },
    ),
  );
}

/** A cache line of each column is used up before the next column's: columns a power of two apart share few sets of the L1. */
const lineSteps = 16;

type Sums = readonly (readonly Local<'f32x4'>[])[];

/** Where a lane's column is; those beyond the last repeat it. */
function placeOf({ bColumn, columns }: DirectBKernelSpec): (lane: number) => number {
  return (lane) => Math.min(lane, columns - 1) * bColumn;
}

/** A multiple of four k, pair of vectors by pair of vectors. */
function turnedSteps(
  f: FunctionBuilder,
  spec: DirectBKernelSpec,
  sums: Sums,
  a: Local<'i32'>,
  b: Local<'i32'>,
  steps: number,
): void {
  const place = placeOf(spec);
  const vectors = computedColumns(spec.columns, spec.level) / 4;
  const four = [0, 1, 2, 3];
  for (let j = 0; j < vectors; j += 2) {
    const pair = j + 1 < vectors ? [j, j + 1] : [j];
    for (let first = 0; first < steps; first += 4) {
      const turned = pair.map((p) => {
        const columns = four.map((lane) => f.let(v128.load('f32x4', b, place(4 * p + lane) + 4 * first)));
        return transpose4x4(f, columns);
      });
      for (const u of four) {
        sums.forEach((row, i) => {
          const factor = f.let(v128.load32_splat('f32x4', a, i * spec.aRow + (first + u) * spec.aStep));
          pair.forEach((p, q) => {
            f.set(row[p]!, fused(spec.level, turned[q]![u]!, factor, row[p]!));
          });
        });
      }
    }
  }
}

function oneStep(f: FunctionBuilder, spec: DirectBKernelSpec, sums: Sums, a: Local<'i32'>, b: Local<'i32'>): void {
  const factors = sums.map((_, i) => f.let(v128.load32_splat('f32x4', a, i * spec.aRow)));
  sums[0]?.forEach((_, j) => {
    const column = f.let(gather(b, 4 * j, placeOf(spec)));
    sums.forEach((row, i) => {
      f.set(row[j]!, fused(spec.level, column, factors[i]!, row[j]!));
    });
  });
}
