// The schedule of a plan as text: its phases with their kernels, then its buffers. Kernels of one phase run at the same time.
// Buffers go by their slots (`s4`); the phases of a loop are those of one of its rounds, and have slots of their own.

import type { Slot } from '@treadle/kernels';
import type { EntryLocations } from '../lower/entry-locations.ts';
import type { SlotSpec } from '../plan/slot-spec.ts';
import type { BufferAssignment, Lifetime } from '../schedule/buffer-assignment.ts';
import { isLoop, type KernelOrLoop, type Phase } from '../schedule/phase.ts';
import type { Capture } from '../trace/capture.ts';
import { entryNames } from './show-graph.ts';

/** A line for each kernel: its name, tiles, estimated time on one thread, and the slots that it reads and writes. */
export function showPhases(phases: readonly Phase[]): string {
  return linesOf(phases).join('\n');
}

function linesOf(phases: readonly Phase[]): readonly string[] {
  return phases.flatMap((phase, p) => [`phase ${p + 1}`, ...phase.flatMap(showOne).map((line) => `  ${line}`)]);
}

function showOne(one: KernelOrLoop): readonly string[] {
  const slots = `${one.reads.map(slotName).join(' ')} → ${one.writes.map(slotName).join(' ')}`;
  if (!isLoop(one)) {
    const { name, work, tiles, cost } = one;
    const fused = work.ops.slice(1);
    // Elementwise kernels and sequences of kernels have their ops in their names, products only the product.
    const isNamed = fused.length === 0 || name.startsWith(work.ops.join('·')) || name.includes(' → ');
    const ops = isNamed ? '' : ` with ${fused.join('·')}`;
    return [`${name}${ops}: ${tiles} tiles, ${(cost / 1000).toFixed(1)} µs; ${slots}`];
  }
  const perRow = one.perRow === undefined ? '' : `, ${one.perRow} for each row`;
  return [`${one.name}: ${one.iterations} iterations${perRow}; ${slots}`, ...linesOf(one.phases)];
}

/** What is laid out in the block of a plan. */
export interface BlockBuffers extends Pick<BufferAssignment, 'bytes'> {
  readonly offsets: readonly (readonly [Slot, number])[];
  readonly lifetimes: readonly Lifetime[];
}

/** By slot: the names of the entries that lie in it, as in `showGraph`. */
export function namesBySlot(capture: Capture, locations: EntryLocations): ReadonlyMap<Slot, readonly string[]> {
  const { entry } = entryNames(capture);
  const names = new Map<Slot, string[]>();
  capture.entries.forEach((_, at) => {
    const slot = locations.locationOf(at)?.slot;
    if (slot !== undefined) names.set(slot, [...(names.get(slot) ?? []), entry(at)]);
  });
  return names;
}

/**
 * A line for each slot: what it stands for, the entries that lie there and, if it lies in the plan's block, its offset, size and phases.
 */
export function showBuffers(
  slots: readonly SlotSpec[],
  { offsets, lifetimes, bytes }: BlockBuffers,
  names: ReadonlyMap<Slot, readonly string[]>,
): string {
  const inBlock = new Map(
    offsets.map(([slot, offset], i) => {
      const { bytes: size = 0, first = 0, last = 0 } = lifetimes[i] ?? {};
      return [slot, ` at ${offset}, ${size} bytes, phases ${first + 1}–${last + 1}`];
    }),
  );
  const lines = slots.map(
    (spec, slot) =>
      `${slotName(slot)}  ${[specText(spec), ...(names.get(slot) ?? [])].join(' ')}${inBlock.get(slot) ?? ''}`,
  );
  return [...lines, `${bytes} bytes`].join('\n');
}

function specText(spec: SlotSpec): string {
  switch (spec.kind) {
    case 'source':
      return `source ${spec.source}`;
    case 'output':
      return `output ${spec.output}`;
    case 'target':
      return `variable of root ${spec.root}`;
    case 'rowCount':
      return `${spec.times} × rows`;
    case 'shifted':
      return `shifted from ${slotName(spec.of)}`;
    case 'refusal':
      return 'refusal';
    case 'intermediate':
      return 'intermediate';
  }
}

function slotName(slot: Slot): string {
  return `s${slot}`;
}
