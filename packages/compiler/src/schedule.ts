// The schedule: kernels in phases. Kernels of one phase touch nothing that another of them writes, so all of their tiles may
// run at once; between phases all threads meet. Each kernel goes to the first phase after everything it depends on; those that
// nobody waits for so soon, and whose operands lie there anyway, are put off until the phase before they are needed, so that
// their results do not take room, and a place in a cache, for longer.

import type { Kernel, Slot } from '@treadle/kernels';

export interface Schedule {
  readonly phases: readonly (readonly Kernel[])[];
  /** the first and the last phase that touches a slot */
  readonly lifetimes: ReadonlyMap<Slot, { readonly first: number; readonly last: number }>;
}

export function schedule(kernels: readonly Kernel[]): Schedule {
  const phaseOf = putOff(kernels, earliest(kernels));
  const phases: Kernel[][] = [];
  const lifetimes = new Map<Slot, { first: number; last: number }>();
  kernels.forEach((kernel, i) => {
    const phase = phaseOf[i] ?? 0;
    while (phases.length <= phase) phases.push([]);
    phases[phase]?.push(kernel);
    for (const slot of [...kernel.reads, ...kernel.writes]) {
      const { first, last } = lifetimes.get(slot) ?? { first: phase, last: phase };
      lifetimes.set(slot, { first: Math.min(first, phase), last: Math.max(last, phase) });
    }
  });
  return { phases, lifetimes };
}

/** The first phase of each kernel after all that it depends on. */
function earliest(kernels: readonly Kernel[]): readonly number[] {
  const lastWrite = new Map<Slot, number>();
  const lastTouch = new Map<Slot, number>();
  return kernels.map(({ reads, writes }) => {
    let phase = 0;
    for (const slot of reads) phase = Math.max(phase, (lastWrite.get(slot) ?? -1) + 1);
    for (const slot of writes) phase = Math.max(phase, (lastTouch.get(slot) ?? -1) + 1);
    for (const slot of writes) lastWrite.set(slot, Math.max(phase, lastWrite.get(slot) ?? 0));
    for (const slot of [...reads, ...writes]) lastTouch.set(slot, Math.max(phase, lastTouch.get(slot) ?? 0));
    return phase;
  });
}

/** Later phases, from the last kernel to the first; nothing that is written has to be kept longer for it. */
function putOff(kernels: readonly Kernel[], earliestPhases: readonly number[]): readonly number[] {
  const phases = [...earliestPhases];
  const written = new Set(kernels.flatMap(({ writes }) => writes));
  // of the kernels that come later: the first phase that touches a slot, the first that writes it, and the last that touches it
  const firstTouch = new Map<Slot, number>();
  const firstWrite = new Map<Slot, number>();
  const lastTouch = new Map<Slot, number>();
  for (let i = kernels.length - 1; i >= 0; i--) {
    const { reads = [], writes = [] } = kernels[i] ?? {};
    let phase = Number.POSITIVE_INFINITY;
    for (const slot of reads) phase = Math.min(phase, (firstWrite.get(slot) ?? phase) - 1);
    for (const slot of writes) phase = Math.min(phase, (firstTouch.get(slot) ?? phase) - 1);
    for (const slot of [...reads, ...writes]) if (written.has(slot)) phase = Math.min(phase, lastTouch.get(slot) ?? 0);
    if (Number.isFinite(phase)) phases[i] = Math.max(phase, phases[i] ?? 0);
    const own = phases[i] ?? 0;
    for (const slot of writes) firstWrite.set(slot, Math.min(own, firstWrite.get(slot) ?? own));
    for (const slot of [...reads, ...writes]) {
      firstTouch.set(slot, Math.min(own, firstTouch.get(slot) ?? own));
      lastTouch.set(slot, Math.max(own, lastTouch.get(slot) ?? own));
    }
  }
  return phases;
}
