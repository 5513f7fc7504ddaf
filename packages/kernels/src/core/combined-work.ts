// What a kernel says of itself when an epilogue finishes its result: it reads, writes and computes what both do. The epilogue finds
// the result in a cache, so that counts as written, once, and not as read.

import { bytesMoved } from '../bytes-moved.ts';
import { sizeOf } from '../collapse-dims.ts';
import type { Epilogue, Kernel, Operand, Slot, Work } from '../kernel.ts';
import { slotsOf } from '../kernel-frame.ts';

export interface Unfinished extends Pick<Work, 'kind' | 'ops' | 'shape' | 'flops'> {
  readonly inputs: readonly Operand[];
  readonly out: Operand;
  readonly epilogue: Epilogue | undefined;
}

export function finished({
  inputs,
  out,
  epilogue,
  kind,
  ops,
  shape,
  flops,
}: Unfinished): Pick<Kernel, 'reads' | 'writes' | 'work'> {
  const { loads = [], stores = [], ops: more = [], flops: added = 0 } = epilogue ?? {};
  const isOther = ({ slot }: Operand): boolean => slot !== out.slot;
  return {
    reads: slotsOf([...inputs, ...loads]),
    writes: slotsOf([out, ...stores]),
    work: {
      kind,
      ops: [...ops, ...more],
      shape,
      flops: flops + added,
      ...bytesMoved([...inputs, ...loads.filter(isOther)], [out, ...stores.filter(isOther)]),
    },
  };
}

/** All of a buffer of that shape. */
export function wholeOf(slot: Slot, shape: readonly number[]): Operand {
  return { slot, view: { shape: [sizeOf(shape)], strides: [1], offset: 0 } };
}
