// The schedule: kernels in phases. Kernels of one phase touch nothing that another of them writes, so all of their tiles may
// run at once; between phases all threads meet. Each kernel goes to the first phase after everything it depends on.

import type { Kernel, Slot } from '@treadle/kernels';

export interface Schedule {
  readonly phases: readonly (readonly Kernel[])[];
  /** the first and the last phase that touches a slot */
  readonly lifetimes: ReadonlyMap<Slot, { readonly first: number; readonly last: number }>;
}

export function schedule(kernels: readonly Kernel[]): Schedule {
  const phases: Kernel[][] = [];
  const lastWrite = new Map<Slot, number>();
  const lastTouch = new Map<Slot, number>();
  const firstTouch = new Map<Slot, number>();
  for (const kernel of kernels) {
    let phase = 0;
    for (const slot of kernel.reads) phase = Math.max(phase, (lastWrite.get(slot) ?? -1) + 1);
    for (const slot of kernel.writes) phase = Math.max(phase, (lastTouch.get(slot) ?? -1) + 1);
    for (const slot of kernel.writes) lastWrite.set(slot, Math.max(phase, lastWrite.get(slot) ?? 0));
    for (const slot of [...kernel.reads, ...kernel.writes]) {
      lastTouch.set(slot, Math.max(phase, lastTouch.get(slot) ?? 0));
      firstTouch.set(slot, Math.min(phase, firstTouch.get(slot) ?? phase));
    }
    while (phases.length <= phase) phases.push([]);
    phases[phase]?.push(kernel);
  }
  const lifetimes = new Map(
    [...firstTouch].map(([slot, first]) => [slot, { first, last: lastTouch.get(slot) ?? first }]),
  );
  return { phases, lifetimes };
}
