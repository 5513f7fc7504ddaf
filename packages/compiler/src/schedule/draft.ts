// A draft of a plan: its kernels in phases, and the layout of its block of memory. A draft follows from the capture alone; it takes no
// memory and compiles nothing. Here the passes are called one after the other, from fusion to buffer assignment.

import { byteLength, type Shape, sizeOf } from '@treadle/graph';
import type { Kernel, Level, Slot } from '@treadle/kernels';
import { type Interruptible, runToEnd } from '../code/interruptible.ts';
import { distinctKernels } from '../code/link.ts';
import type { DynamicBatch } from '../dynamic-batch/dynamic-batch.ts';
import { type PaddedRows, paddedRowsOf } from '../dynamic-batch/padded-rows.ts';
import { makeGroups } from '../fuse/make-groups.ts';
import { materialize } from '../fuse/materialize.ts';
import { debug } from '../inspect/debug.ts';
import { namesBySlot, showBuffers, showPhases } from '../inspect/show-schedule.ts';
import { lower } from '../lower/lower.ts';
import type { Lowered } from '../lower/lowered.ts';
import { type AssignedVariable, assignedVariables } from '../plan/run-failure.ts';
import type { Capture, Entry } from '../trace/capture.ts';
import { assignBuffers, type Lifetime } from './buffer-assignment.ts';
import { kernelsIn } from './phase.ts';
import { type Schedule, schedule } from './schedule.ts';

/** Values of at most so many elements are copied into the plan's block before a run and out of it afterwards. */
const smallValue = 256;

/** All that a plan is made from. */
export interface Draft {
  /** the variables assigned, and the kernels that write them */
  readonly assigned: readonly AssignedVariable[];
  readonly lowered: Lowered;
  readonly phases: Schedule['phases'];
  readonly layout: BlockLayout;
  /** by key: a kernel with that code */
  readonly code: ReadonlyMap<string, Kernel>;
  /** the most rows of a run, if the batch is dynamic; otherwise 1 */
  readonly rows: number;
}

/** Drafts the plan of an optimized capture. With `batch`, a run may have fewer rows than the capture. */
export function draft(capture: Capture, level: Level, batch?: DynamicBatch): Draft {
  return runToEnd(draftInParts(capture, level, batch));
}

/** The same, pass by pass. */
export function* draftInParts(capture: Capture, level: Level, batch?: DynamicBatch): Interruptible<Draft> {
  const materialized = materialize(capture);
  yield;
  const groups = makeGroups(capture, materialized, batch);
  yield;
  const lowered = lower(capture, groups, level, batch);
  yield;
  const intermediates = new Set(lowered.slots.flatMap(({ kind }, slot) => (kind === 'intermediate' ? [slot] : [])));
  const { phases, lifetimes } = schedule(lowered.kernels, intermediates);
  yield;
  debug('schedule', 'phases', () => showPhases(phases));
  const layout = layOutBlock(lowered, capture, lifetimes, phases.length, batch);
  debug('schedule', 'buffers', () => showBuffers(lowered.slots, layout, namesBySlot(capture, lowered.locations)));
  yield;
  const assigned = assignedVariables(capture, lowered.slots, phases);
  return { lowered, phases, assigned, layout, code: distinctKernels(kernelsIn(phases)), rows: batch?.rows ?? 1 };
}

/** Whether a value of this shape is copied into the plan's block and out of it, instead of having a block of its own. */
export function isSmall(shape: Shape): boolean {
  return sizeOf(shape) <= smallValue;
}

/** What lies where in the block of a plan. */
export interface BlockLayout {
  readonly bytes: number;
  readonly offsets: readonly (readonly [Slot, number])[];
  /** the buffers there, in the same order */
  readonly lifetimes: readonly Lifetime[];
  /** by slot of an argument or output with a dynamic axis: how its rows are padded */
  readonly padded: ReadonlyMap<Slot, PaddedRows>;
}

/** Lays out a plan's block: numbers, and small sources and outputs, keep their places; intermediates share memory by lifetime. */
function layOutBlock(
  { slots: specs, outputs }: Lowered,
  capture: Capture,
  lifetimes: Schedule['lifetimes'],
  phases: number,
  batch: DynamicBatch | undefined,
): BlockLayout {
  const always = { first: 0, last: phases };
  const slots: Slot[] = [];
  const padded = new Map<Slot, PaddedRows>();
  const buffers: Lifetime[] = [];
  specs.forEach((spec, slot) => {
    let buffer: Lifetime | undefined;
    if (spec.kind === 'intermediate') {
      const touched = lifetimes.get(slot);
      buffer = touched && { bytes: spec.bytes, ...touched };
    } else if (spec.kind === 'rowCount') {
      buffer = { bytes: 4, ...always };
    } else if (spec.kind === 'refusal') {
      buffer = { bytes: 8, ...always };
    } else if (spec.kind === 'output') {
      const { shape, dtype, batchAxis: axis } = outputs[spec.output] ?? { shape: [], dtype: 'float32' };
      if (axis !== undefined) padded.set(slot, paddedRowsOf(shape, dtype, axis));
      if (padded.has(slot) || isSmall(shape)) buffer = { bytes: byteLength(dtype, shape), ...always };
    } else if (spec.kind === 'source') {
      const axis = batch?.axes[capture.sources[spec.source] ?? -1];
      const shape = sourceOf(capture, spec.source)?.node.shape ?? [];
      if (axis !== undefined) padded.set(slot, paddedRowsOf(shape, spec.dtype, axis));
      if (padded.has(slot) || isCopiedIn(capture, spec.source))
        buffer = { bytes: byteLength(spec.dtype, shape), ...always };
    }
    if (!buffer) return;
    slots.push(slot);
    buffers.push(buffer);
  });
  const assignment = assignBuffers(buffers);
  const offsets = slots.map((slot, i) => [slot, assignment.offsets[i] ?? 0] as const);
  return { bytes: assignment.bytes, offsets, lifetimes: buffers, padded };
}

/** Whether a source is copied into the plan's block: numbers and small values are; variables are read and written where they lie. */
function isCopiedIn(capture: Capture, source: number): boolean {
  const node = sourceOf(capture, source)?.node;
  return node !== undefined && node.source?.kind !== 'variable' && isSmall(node.shape);
}

function sourceOf({ entries, sources }: Capture, source: number): Entry | undefined {
  return entries[sources[source] ?? -1];
}
