// The schedule: kernels in phases. No kernel of a phase touches what another kernel of the same phase writes, so all tiles of a phase
// may run at the same time; between phases all threads meet. Each kernel goes to the first phase after all that it depends on. Then
// kernels are delayed until just before their result is needed, where that makes no buffer live longer, so that the result takes
// memory and cache for less time. Kernels of a phase that do the same to different buffers become one multi-tensor kernel.

import { joinMultiTensor, type MultiTensor, type Slot } from '@treadle/kernels';
import type { KernelOrLoop, Phase } from './phase.ts';
import { chainTiles } from './tile-chains.ts';

/** Kernels in phases. */
export interface Schedule {
  readonly phases: readonly Phase[];
  /** by slot: the first and the last phase that touches it */
  readonly lifetimes: ReadonlyMap<Slot, { readonly first: number; readonly last: number }>;
}

/**
 * Schedules kernels and loops that are given in an order in which they may run.
 *
 * @param intermediates slots that nothing else touches
 */
export function schedule(given: readonly KernelOrLoop[], intermediates: ReadonlySet<Slot> = new Set()): Schedule {
  const kernels = chainTiles(given, intermediates);
  const slots = countSlots(kernels);
  const delayed = delay(kernels, earliest(kernels, slots), slots);
  const phases = mergeMultiTensor(kernels, delayForMultiTensor(kernels, delayed, slots));
  const lifetimes = new Map<Slot, { first: number; last: number }>();
  phases.forEach((phase, at) => {
    const touch = (slot: Slot): void => {
      const touched = lifetimes.get(slot);
      if (touched) touched.last = at;
      else lifetimes.set(slot, { first: at, last: at });
    };
    for (const { reads, writes } of phase) {
      reads.forEach(touch);
      writes.forEach(touch);
    }
  });
  return { phases, lifetimes };
}

/** One more than the largest slot that a kernel touches. */
function countSlots(kernels: readonly KernelOrLoop[]): number {
  let count = 0;
  for (const { reads, writes } of kernels) {
    for (const slot of reads) count = Math.max(count, slot + 1);
    for (const slot of writes) count = Math.max(count, slot + 1);
  }
  return count;
}

/** By slot: a phase, the same for all at first. */
function phaseBySlot(slots: number, phase: number): Int32Array {
  return new Int32Array(slots).fill(phase);
}

/** A number greater than every phase. */
const never = 2 ** 30;

/** For each kernel the first phase after all that it depends on. */
function earliest(kernels: readonly KernelOrLoop[], slots: number): Int32Array {
  const lastWrite = phaseBySlot(slots, -1);
  const lastTouch = phaseBySlot(slots, -1);
  const phases = new Int32Array(kernels.length);
  kernels.forEach(({ reads, writes }, i) => {
    let phase = 0;
    for (const slot of reads) phase = Math.max(phase, lastWrite[slot]! + 1);
    for (const slot of writes) phase = Math.max(phase, lastTouch[slot]! + 1);
    for (const slot of reads) lastTouch[slot] = Math.max(phase, lastTouch[slot]!);
    for (const slot of writes) lastTouch[slot] = lastWrite[slot] = phase;
    phases[i] = phase;
  });
  return phases;
}

/** Moves kernels to later phases, last kernel first, where no buffer that is written has to live longer for it. */
function delay(kernels: readonly KernelOrLoop[], earliestPhases: Int32Array, slots: number): Int32Array {
  const phases = earliestPhases.slice();
  const isWritten = new Uint8Array(slots);
  for (const { writes } of kernels) for (const slot of writes) isWritten[slot] = 1;
  // among the kernels that come later: the first phase that touches a slot, the first that writes it, and the last that touches it
  const firstTouch = phaseBySlot(slots, never);
  const firstWrite = phaseBySlot(slots, never);
  const lastTouch = phaseBySlot(slots, 0);
  for (let i = kernels.length - 1; i >= 0; i--) {
    const { reads = [], writes = [] } = kernels[i] ?? {};
    let latest = never;
    for (const slot of reads) latest = Math.min(latest, firstWrite[slot]! - 1);
    for (const slot of writes) latest = Math.min(latest, firstTouch[slot]! - 1);
    for (const slot of reads) if (isWritten[slot]) latest = Math.min(latest, lastTouch[slot]!);
    for (const slot of writes) latest = Math.min(latest, lastTouch[slot]!);
    const own = latest < never - 1 ? Math.max(latest, phases[i]!) : phases[i]!;
    phases[i] = own;
    for (const slot of writes) firstWrite[slot] = Math.min(own, firstWrite[slot]!);
    for (const touched of [reads, writes]) {
      for (const slot of touched) {
        firstTouch[slot] = Math.min(own, firstTouch[slot]!);
        lastTouch[slot] = Math.max(own, lastTouch[slot]!);
      }
    }
  }
  return phases;
}

/** A larger kernel should run while its operands are in cache and free their memory; a smaller one costs less than its dispatch. */
const mostDelayed = 512;

/** Delays small kernels to the phase of those with which they can become one, where no other kernel needs their result before. */
function delayForMultiTensor(kernels: readonly KernelOrLoop[], phases: Int32Array, slots: number): Int32Array {
  const last = new Map<string, number>();
  kernels.forEach(({ multiTensor }, i) => {
    if (multiTensor) last.set(multiTensor.key, Math.max(last.get(multiTensor.key) ?? 0, phases[i]!));
  });
  // In reverse, so that all that comes after a kernel has its phase.
  const nextRead = phaseBySlot(slots, never);
  const nextWrite = phaseBySlot(slots, never);
  const moved = phases.slice();
  for (let i = kernels.length - 1; i >= 0; i--) {
    const { reads = [], writes = [], multiTensor } = kernels[i] ?? {};
    let latest = never;
    for (const slot of reads) latest = Math.min(latest, nextWrite[slot]! - 1);
    for (const slot of writes) latest = Math.min(latest, nextWrite[slot]! - 1, nextRead[slot]! - 1);
    const target = multiTensor && multiTensor.length <= mostDelayed ? (last.get(multiTensor.key) ?? 0) : 0;
    const phase = latest >= target ? Math.max(target, phases[i]!) : phases[i]!;
    moved[i] = phase;
    for (const slot of reads) nextRead[slot] = Math.min(phase, nextRead[slot]!);
    for (const slot of writes) nextWrite[slot] = Math.min(phase, nextWrite[slot]!);
  }
  return moved;
}

/** The phases. Kernels that do the same within a phase become one; a kernel that recurs anywhere in the plan uses the same code. */
function mergeMultiTensor(kernels: readonly KernelOrLoop[], phases: Int32Array): readonly Phase[] {
  const count = new Map<string, number>();
  for (const { multiTensor } of kernels)
    if (multiTensor) count.set(multiTensor.key, (count.get(multiTensor.key) ?? 0) + 1);
  const byPhase: KernelOrLoop[][] = [];
  kernels.forEach((kernel, i) => {
    const phase = phases[i]!;
    while (byPhase.length <= phase) byPhase.push([]);
    byPhase[phase]?.push(kernel);
  });
  return byPhase.map((here) => {
    const byKey = new Map<string, [MultiTensor, ...MultiTensor[]]>();
    for (const { multiTensor } of here) {
      if (!multiTensor || (count.get(multiTensor.key) ?? 0) < 2) continue;
      const known = byKey.get(multiTensor.key);
      if (known) known.push(multiTensor);
      else byKey.set(multiTensor.key, [multiTensor]);
    }
    if (byKey.size === 0) return here;
    return here.flatMap((kernel) => {
      const members = byKey.get(kernel.multiTensor?.key ?? '');
      if (!kernel.multiTensor || !members) return [kernel];
      return members[0] === kernel.multiTensor ? [joinMultiTensor(members)] : [];
    });
  });
}
