// What all pools and their gradients say of themselves as kernels.

import { combinedWork } from '../core/combined-work.ts';
import type { Epilogue, Kernel, Operand } from '../core/kernel.ts';
import type { WindowShape } from './window-loop.ts';

/** A pool as a kernel: what it reads and writes, and the code of a tile. */
export interface PoolKernel extends Pick<Kernel, 'emit' | 'tiles'> {
  /** the op */
  readonly name: string;
  readonly windows: WindowShape;
  /** nanoseconds for one output of one channel */
  readonly cost: number;
  readonly inputs: readonly Operand[];
  readonly out: Operand;
  readonly epilogue: Epilogue | undefined;
}

/** The kernel; every element of every window counts as one operation. */
export function poolKernel({ name, windows, tiles, cost, inputs, out, epilogue, emit }: PoolKernel): Kernel {
  const { images, rows, columns, channels } = windows;
  const [outputs, taps] = [images * rows.output * columns.output * channels, rows.taps * columns.taps];
  return {
    name: `${name} ${rows.taps}×${columns.taps} of ${images}×${rows.input}×${columns.input}×${channels}`,
    tiles,
    cost: outputs * cost + (epilogue?.cost ?? 0),
    scratch: 0,
    ...combinedWork({
      kind: 'pool',
      ops: [name],
      shape: [images, rows.output, columns.output, channels, taps],
      flops: outputs * taps,
      inputs,
      out,
      epilogue,
    }),
    emit,
  };
}
