// The schedule: kernels in phases. No kernel of a phase touches what another kernel of the same phase writes, so all tiles of a phase
// may run at the same time; between phases all threads meet. Each kernel goes to the first phase after all that it depends on. Then
// kernels are delayed until just before their result is needed, where that makes no buffer live longer, so that the result takes
// memory and cache for less time. Kernels of a phase that do the same to different buffers become one multi-tensor kernel.

import { joinMultiTensor, type MultiTensor, type Slot } from '@treadle/kernels';
import type { Phase, Step } from './step.ts';
import { chainTiles } from './tile-chains.ts';

/** Steps in phases. */
export interface Schedule {
  readonly phases: readonly Phase[];
  /** by slot: the first and the last phase that touches it */
  readonly lifetimes: ReadonlyMap<Slot, { readonly first: number; readonly last: number }>;
}

/**
 * Schedules steps that are given in an order in which they may run.
 *
 * @param intermediates slots that nothing but these steps touches
 */
export function schedule(steps: readonly Step[], intermediates: ReadonlySet<Slot> = new Set()): Schedule {
  const kernels = chainTiles(steps, intermediates);
  const phases = mergeMultiTensor(kernels, delayForMultiTensor(kernels, delay(kernels, earliest(kernels))));
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

/** For each kernel the first phase after all that it depends on. */
function earliest(kernels: readonly Step[]): readonly number[] {
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

/** Moves kernels to later phases, last kernel first, where no buffer that is written has to live longer for it. */
function delay(kernels: readonly Step[], earliestPhases: readonly number[]): readonly number[] {
  const phases = [...earliestPhases];
  const written = new Set(kernels.flatMap(({ writes }) => writes));
  // among the kernels that come later: the first phase that touches a slot, the first that writes it, and the last that touches it
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

/** A larger kernel should run while its operands are in cache and free their memory; a smaller one costs less than its dispatch. */
const mostDelayed = 512;

/** Delays small kernels to the phase of those with which they can become one, where no other kernel needs their result before. */
function delayForMultiTensor(kernels: readonly Step[], phases: readonly number[]): readonly number[] {
  const last = new Map<string, number>();
  kernels.forEach(({ alike }, i) => {
    if (alike) last.set(alike.key, Math.max(last.get(alike.key) ?? 0, phases[i] ?? 0));
  });
  // In reverse, so that all that comes after a kernel has its phase.
  const nextRead = new Map<Slot, number>();
  const nextWrite = new Map<Slot, number>();
  const moved = [...phases];
  for (let i = kernels.length - 1; i >= 0; i--) {
    const kernel = kernels[i];
    if (!kernel) continue;
    const { reads, writes, alike } = kernel;
    let latest = Number.POSITIVE_INFINITY;
    for (const slot of reads) latest = Math.min(latest, (nextWrite.get(slot) ?? latest + 1) - 1);
    for (const slot of writes) {
      latest = Math.min(latest, (nextWrite.get(slot) ?? latest + 1) - 1, (nextRead.get(slot) ?? latest + 1) - 1);
    }
    const target = alike && alike.length <= mostDelayed ? (last.get(alike.key) ?? 0) : 0;
    const phase = latest >= target ? Math.max(target, phases[i] ?? 0) : (phases[i] ?? 0);
    moved[i] = phase;
    for (const slot of reads) nextRead.set(slot, Math.min(phase, nextRead.get(slot) ?? phase));
    for (const slot of writes) nextWrite.set(slot, Math.min(phase, nextWrite.get(slot) ?? phase));
  }
  return moved;
}

/** The phases. Kernels that do the same within a phase become one; a kernel that recurs anywhere in the plan uses the same code. */
function mergeMultiTensor(kernels: readonly Step[], phases: readonly number[]): readonly Phase[] {
  const count = new Map<string, number>();
  for (const { alike } of kernels) if (alike) count.set(alike.key, (count.get(alike.key) ?? 0) + 1);
  const byPhase: Step[][] = [];
  kernels.forEach((kernel, i) => {
    const phase = phases[i] ?? 0;
    while (byPhase.length <= phase) byPhase.push([]);
    byPhase[phase]?.push(kernel);
  });
  return byPhase.map((here) => {
    const byKey = new Map<string, [MultiTensor, ...MultiTensor[]]>();
    for (const { alike } of here) {
      if (!alike || (count.get(alike.key) ?? 0) < 2) continue;
      const known = byKey.get(alike.key);
      if (known) known.push(alike);
      else byKey.set(alike.key, [alike]);
    }
    return here.flatMap((kernel) => {
      const members = byKey.get(kernel.alike?.key ?? '');
      if (!kernel.alike || !members) return [kernel];
      return members[0] === kernel.alike ? [joinMultiTensor(members)] : [];
    });
  });
}
