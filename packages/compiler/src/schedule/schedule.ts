// The schedule: kernels in phases. Kernels of one phase touch nothing that another of them writes, so all of their tiles may
// run at once; between phases all threads meet. Each kernel goes to the first phase after everything it depends on; those that
// nobody waits for so soon, and whose operands lie there anyway, are put off until the phase before they are needed, so that
// their results do not take room, and a place in a cache, for longer. Kernels of a phase that do the same become one.

import { joinMultiTensor, type MultiTensor, type Slot } from '@treadle/kernels';
import type { Phase, Step } from './step.ts';
import { chainTiles } from './tile-chains.ts';

export interface Schedule {
  readonly phases: readonly Phase[];
  /** the first and the last phase that touches a slot */
  readonly lifetimes: ReadonlyMap<Slot, { readonly first: number; readonly last: number }>;
}

/** `rooms`: slots that nobody knows but these steps. */
export function schedule(steps: readonly Step[], rooms: ReadonlySet<Slot> = new Set()): Schedule {
  const kernels = chainTiles(steps, rooms);
  const slots = countSlots(kernels);
  const phases = joinPhases(kernels, waiting(kernels, putOff(kernels, earliest(kernels, slots), slots), slots));
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

/** All slots are less than this. */
function countSlots(kernels: readonly Step[]): number {
  let count = 0;
  for (const { reads, writes } of kernels) {
    for (const slot of reads) count = Math.max(count, slot + 1);
    for (const slot of writes) count = Math.max(count, slot + 1);
  }
  return count;
}

/** A phase for each of so many slots. */
function phaseOfEach(slots: number, phase: number): Int32Array {
  return new Int32Array(slots).fill(phase);
}

/** Later than all phases. */
const never = 2 ** 30;

/** The first phase of each kernel after all that it depends on. */
function earliest(kernels: readonly Step[], slots: number): Int32Array {
  const lastWrite = phaseOfEach(slots, -1);
  const lastTouch = phaseOfEach(slots, -1);
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

/** Later phases, from the last kernel to the first; nothing that is written has to be kept longer for it. */
function putOff(kernels: readonly Step[], earliestPhases: Int32Array, slots: number): Int32Array {
  const phases = earliestPhases.slice();
  const isWritten = new Uint8Array(slots);
  for (const { writes } of kernels) for (const slot of writes) isWritten[slot] = 1;
  // of the kernels that come later: the first phase that touches a slot, the first that writes it, and the last that touches it
  const firstTouch = phaseOfEach(slots, never);
  const firstWrite = phaseOfEach(slots, never);
  const lastTouch = phaseOfEach(slots, 0);
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

/** A kernel of more elements works while what it reads is in cache, and gives back its room; a smaller one costs less than its dispatch. */
const mostToWait = 512;

/** Small kernels wait for those they can be one with, where nobody waits for them. */
function waiting(kernels: readonly Step[], phases: Int32Array, slots: number): Int32Array {
  const last = new Map<string, number>();
  kernels.forEach(({ alike }, i) => {
    if (alike) last.set(alike.key, Math.max(last.get(alike.key) ?? 0, phases[i]!));
  });
  // In reverse, so that all that comes after a kernel has its phase.
  const nextRead = phaseOfEach(slots, never);
  const nextWrite = phaseOfEach(slots, never);
  const moved = phases.slice();
  for (let i = kernels.length - 1; i >= 0; i--) {
    const { reads = [], writes = [], alike } = kernels[i] ?? {};
    let latest = never;
    for (const slot of reads) latest = Math.min(latest, nextWrite[slot]! - 1);
    for (const slot of writes) latest = Math.min(latest, nextWrite[slot]! - 1, nextRead[slot]! - 1);
    const wanted = alike && alike.length <= mostToWait ? (last.get(alike.key) ?? 0) : 0;
    const phase = latest >= wanted ? Math.max(wanted, phases[i]!) : phases[i]!;
    moved[i] = phase;
    for (const slot of reads) nextRead[slot] = Math.min(phase, nextRead[slot]!);
    for (const slot of writes) nextWrite[slot] = Math.min(phase, nextWrite[slot]!);
  }
  return moved;
}

/** The phases; kernels that have their like somewhere in the plan share its code, and are one within a phase. */
function joinPhases(kernels: readonly Step[], phases: Int32Array): readonly Phase[] {
  const like = new Map<string, number>();
  for (const { alike } of kernels) if (alike) like.set(alike.key, (like.get(alike.key) ?? 0) + 1);
  const byPhase: Step[][] = [];
  kernels.forEach((kernel, i) => {
    const phase = phases[i]!;
    while (byPhase.length <= phase) byPhase.push([]);
    byPhase[phase]?.push(kernel);
  });
  return byPhase.map((here) => {
    const byKey = new Map<string, [MultiTensor, ...MultiTensor[]]>();
    for (const { alike } of here) {
      if (!alike || (like.get(alike.key) ?? 0) < 2) continue;
      const known = byKey.get(alike.key);
      if (known) known.push(alike);
      else byKey.set(alike.key, [alike]);
    }
    if (byKey.size === 0) return here;
    return here.flatMap((kernel) => {
      const members = byKey.get(kernel.alike?.key ?? '');
      if (!kernel.alike || !members) return [kernel];
      return members[0] === kernel.alike ? [joinMultiTensor(members)] : [];
    });
  });
}
