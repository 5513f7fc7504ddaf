// The limits of this machine on one thread, measured: the matmul micro-kernel on panels that stay in L1 for
// arithmetic, and Float32Array.prototype.set for memory.

import { chooseLevel, compileModule } from '@treadle/compiler';
import { probe } from '@treadle/kernels';
import { webAssembly } from '@treadle/runtime';
import type { Case } from './measure.ts';

const calls = 200;

/** The micro-kernel. A call of `run` performs `flops` operations. */
export function arithmeticLimit(): Case & { readonly flops: number } {
  const trial = probe(chooseLevel().level, true);
  const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const floats = new Float32Array(memory.buffer);
  trial.prepare(floats);
  const { run } = compileModule(trial.bytes, { memory }).instance.exports;
  return {
    name: 'micro-kernel in L1',
    flops: trial.flops * calls,
    verify: () => {
      run?.(1);
      if (!trial.isRight(floats)) throw new Error('the micro-kernel gives a wrong product');
    },
    run: () => run?.(calls),
  };
}

/** A copy that moves `bytes` in total: half of them are read, half are written. */
export function memoryLimit(bytes: number): Case {
  const [from, to] = [new Float32Array(bytes / 8).fill(1), new Float32Array(bytes / 8)];
  return {
    name: `set, ${(bytes / 1e6).toFixed(0)} MB moved`,
    verify: () => {
      to.set(from);
      if (to.at(-1) !== 1) throw new Error('set gives a wrong copy');
    },
    run: () => to.set(from),
  };
}
