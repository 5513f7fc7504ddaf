// The instruction levels, and how to try one: a module that runs only the micro-kernel over panels that stay in L1, with its inputs
// and a test of its output in plain TypeScript. Only a trial tells whether a level runs well on a machine and its V8. Knows
// neither the flags of V8 nor how long to measure.

import { address, i32, ModuleBuilder } from '@treadle/wasm';
import type { Level } from './core/kernel.ts';
import { registerBlock } from './matmul/blocking.ts';
import { microKernel } from './matmul/micro-kernel.ts';

/** All levels; the bits of a result depend on `fma` alone. */
export const levels: readonly Level[] = [
  { bits: 256, fma: true },
  { bits: 128, fma: true },
  { bits: 256, fma: false },
  { bits: 128, fma: false },
];

/** A module that tries a level. */
export interface Probe {
  /** imports the memory env.memory of one page; exports `run(rounds)` */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** floating-point operations of a round */
  readonly flops: number;
  /** writes the inputs; `memory` is the whole page */
  prepare(memory: Float32Array): void;
  /** whether a round has stored the product, rounded as the level says: once a multiply-add with `fma`, else twice */
  isRight(memory: Float32Array): boolean;
}

/** the length of the sums */
const depth = 128;

/** The probe of a level, for a memory that is shared or not. */
export function probe(level: Level, shared: boolean): Probe {
  const { mr, nr } = registerBlock({ m: 64, n: 64 }, level);
  const [a, b, c, spill] = [0, 4 * mr * depth, 4 * (mr + nr) * depth, 4 * (mr + nr) * depth + 4 * mr * nr];
  const module = new ModuleBuilder({
    memory: { module: 'env', name: 'memory', initial: 1, maximum: 1, shared },
  });
  const spec = { rows: mr, columns: nr, aRow: 4, aStride: 4 * mr, bStride: 4 * nr, cRow: 4 * nr, level };
  const micro = microKernel(module, spec);
  module.func('run', ['i32'], 'void', (f, rounds) => {
    f.loop((again) => {
      f.do(f.call(micro, address.const(a), address.const(b), address.const(c), depth, 0, address.const(spill)));
      f.increment(rounds, -1);
      f.brIf(again, i32.gt_s(rounds, 0));
    });
  });
  return {
    bytes: module.encode({ exportAll: true }),
    flops: 2 * mr * nr * depth,
    prepare: (memory) => {
      // Multiples of the golden ratio modulo 1: spread evenly, not representable in few bits.
      for (let i = 0; 4 * i < c; i++) memory[i] = ((i * 0.6180339887) % 1) - 0.5;
    },
    isRight: (memory) =>
      isProduct(
        memory.subarray(a / 4, b / 4),
        memory.subarray(b / 4, c / 4),
        memory.subarray(c / 4),
        { mr, nr },
        level,
      ),
  };
}

/**
 * Whether c holds chains of multiply-adds over k = 0, 1, 2, …, to the bit. Relaxed instructions round a multiply-add once only where the
 * processor and the JavaScript engine can. In float64 the product is exact, and rounding the sum twice (to float64, then to float32)
 * gives another result than rounding it once for one sum in 2²⁹: for none of these.
 */
function isProduct(
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  { mr, nr }: { readonly mr: number; readonly nr: number },
  { fma }: Level,
): boolean {
  for (let i = 0; i < mr; i++) {
    for (let j = 0; j < nr; j++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) {
        const product = (a[k * mr + i] ?? 0) * (b[k * nr + j] ?? 0);
        sum = Math.fround(sum + (fma ? product : Math.fround(product)));
      }
      if (c[i * nr + j] !== sum) return false;
    }
  }
  return true;
}
