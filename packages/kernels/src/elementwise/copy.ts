// Copies as elementwise kernels, and dense copies of operands for kernels that need them.

import { denseStrides, sizeOf } from '../core/collapse-dims.ts';
import type { Kernel, Operand, Slot } from '../core/kernel.ts';
import { lanes } from './kernel.ts';

/** to = from, two views of the same shape; `cost`: nanoseconds for an element. */
export function copyKernel(name: string, from: Operand, to: Operand, cost: number): Kernel {
  return lanes({
    name,
    shape: from.view.shape,
    loads: [{ operand: from, type: 'f32x4' }],
    stores: [to],
    body: (_, values) => values,
    cost,
  });
}

/**
 * The slot of a buffer that begins with the operand's elements in row-major order: its own slot where they lie so, otherwise that
 * of a copy, whose kernel is added to `kernels`.
 */
export function denseSlot({ slot, view }: Operand, allocate: (length: number) => Slot, kernels: Kernel[]): Slot {
  const { shape, strides, offset } = view;
  const dense = denseStrides(shape);
  if (offset === 0 && shape.every((size, d) => size === 1 || strides[d] === dense[d])) return slot;
  const copy = allocate(sizeOf(shape));
  const to = { slot: copy, view: { shape, strides: dense, offset: 0 } };
  kernels.push(copyKernel(`copy ${shape.join('×')}`, { slot, view }, to, 0.1));
  return copy;
}
