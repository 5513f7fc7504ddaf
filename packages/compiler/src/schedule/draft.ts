// A plan on paper: kernels in phases, and where in the plan's block everything lies that is not a value of its own. It follows
// from the structure alone and takes no memory.

import { byteLength, type Shape, sizeOf } from '@treadle/graph';
import type { Kernel, Level, Slot } from '@treadle/kernels';
import { type Interruptible, runToEnd } from '../code/interruptible.ts';
import { distinctKernels } from '../code/link.ts';
import type { Ragged } from '../dynamic-batch/compare.ts';
import { type Pieces, piecesOf } from '../dynamic-batch/padded-rows.ts';
import { makeGroups } from '../fuse/make-groups.ts';
import { fuse } from '../fuse/materialize.ts';
import { type Lowered, lower } from '../lower/lower.ts';
import { type Written, writtenBy } from '../plan/run-failure.ts';
import type { Capture, Captured } from '../trace/capture.ts';
import { assignBuffers, type Lifetime } from './buffer-assignment.ts';
import { type Schedule, schedule } from './schedule.ts';
import { kernelsIn } from './step.ts';

/** Values up to this many elements are copied to the plan's block before a run and from it after, and need no block of their own. */
const smallValue = 256;

export interface Draft {
  /** the variables assigned, and the steps that write them */
  readonly written: readonly Written[];
  readonly lowered: Lowered;
  readonly phases: Schedule['phases'];
  readonly inBlock: BlockLayout;
  /** its code: a kernel for each key */
  readonly code: ReadonlyMap<string, Kernel>;
  /** the rows that it is made for, if a run may have fewer; otherwise 1 */
  readonly rows: number;
}

/** With `ragged`, a run may have fewer rows, and leaves out what they would be. */
export function draft(capture: Capture, level: Level, ragged?: Ragged): Draft {
  return runToEnd(draftInParts(capture, level, ragged));
}

/** The same, pass by pass. */
export function* draftInParts(capture: Capture, level: Level, ragged?: Ragged): Interruptible<Draft> {
  const fused = fuse(capture);
  yield;
  const groups = makeGroups(capture, fused, ragged);
  yield;
  const lowered = lower(capture, groups, level, ragged);
  yield;
  const rooms = new Set(lowered.places.flatMap(({ kind }, slot) => (kind === 'arena' ? [slot] : [])));
  const { phases, lifetimes } = schedule(lowered.steps, rooms);
  yield;
  const inBlock = layOutBlock(lowered, capture, lifetimes, phases.length, ragged);
  yield;
  const written = writtenBy(capture, lowered.places, phases);
  return { lowered, phases, written, inBlock, code: distinctKernels(kernelsIn(phases)), rows: ragged?.rows ?? 1 };
}

export function isSmall(shape: Shape): boolean {
  return sizeOf(shape) <= smallValue;
}

export interface BlockLayout {
  readonly bytes: number;
  readonly offsets: readonly (readonly [Slot, number])[];
  /** what lies there, in the same order */
  readonly lifetimes: readonly Lifetime[];
  /** the slots of arguments and outputs that may have fewer rows */
  readonly ragged: ReadonlyMap<Slot, Pieces>;
}

/** Offsets in the plan's block of all that lies there: numbers and small outputs for good, intermediates by lifetime. */
function layOutBlock(
  { places, outputs }: Lowered,
  capture: Capture,
  lifetimes: Schedule['lifetimes'],
  phases: number,
  ragged: Ragged | undefined,
): BlockLayout {
  const always = { first: 0, last: phases };
  const slots: Slot[] = [];
  const withRows = new Map<Slot, Pieces>();
  const needs: Lifetime[] = [];
  places.forEach((place, slot) => {
    let need: Lifetime | undefined;
    if (place.kind === 'arena') {
      const touched = lifetimes.get(slot);
      need = touched && { bytes: place.bytes, ...touched };
    } else if (place.kind === 'rows') {
      need = { bytes: 4, ...always };
    } else if (place.kind === 'record') {
      need = { bytes: 8, ...always };
    } else if (place.kind === 'output') {
      const { shape, dtype, raggedAxis: axis } = outputs[place.output] ?? { shape: [], dtype: 'float32' };
      if (axis !== undefined) withRows.set(slot, piecesOf(shape, dtype, axis));
      if (withRows.has(slot) || isSmall(shape)) need = { bytes: byteLength(dtype, shape), ...always };
    } else if (place.kind === 'source') {
      const axis = ragged?.axes[capture.sources[place.source] ?? -1];
      const shape = sourceOf(capture, place.source)?.node.shape ?? [];
      if (axis !== undefined) withRows.set(slot, piecesOf(shape, place.dtype, axis));
      if (withRows.has(slot) || hasRoom(capture, place.source))
        need = { bytes: byteLength(place.dtype, shape), ...always };
    }
    if (!need) return;
    slots.push(slot);
    needs.push(need);
  });
  const layout = assignBuffers(needs);
  const offsets = slots.map((slot, i) => [slot, layout.offsets[i] ?? 0] as const);
  return { bytes: layout.bytes, offsets, lifetimes: needs, ragged: withRows };
}

/** Numbers have room in the plan's block, and so have values small enough to be copied there; variables are written in place. */
function hasRoom(capture: Capture, source: number): boolean {
  const node = sourceOf(capture, source)?.node;
  return node !== undefined && node.source?.kind !== 'variable' && isSmall(node.shape);
}

function sourceOf({ entries, sources }: Capture, source: number): Captured | undefined {
  return entries[sources[source] ?? -1];
}
