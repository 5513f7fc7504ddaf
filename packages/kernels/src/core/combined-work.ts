// What a kernel reads, writes and computes together with its epilogue. The epilogue finds the result in a cache, so the result
// counts as written, once, and not as read.

import { bytesMoved } from './bytes-moved.ts';
import type { Epilogue, Kernel, Operand, Work } from './kernel.ts';
import { slotsOf } from './kernel-frame.ts';

/** A kernel's own work, and the epilogue that follows it. */
export interface WorkWithEpilogue extends Pick<Work, 'kind' | 'ops' | 'shape' | 'flops'> {
  readonly inputs: readonly Operand[];
  readonly out: Operand;
  readonly epilogue: Epilogue | undefined;
}

/** The fields of a kernel that say what it does. */
export function combinedWork({
  inputs,
  out,
  epilogue,
  kind,
  ops,
  shape,
  flops,
}: WorkWithEpilogue): Pick<Kernel, 'reads' | 'writes' | 'work'> {
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
