// Lowering: groups become kernels, and loops of kernels, over slots. What a slot stands for when the plan runs (the block of a value, a
// number, an intermediate) is written beside the kernels, for the plan to bind. Equal groups get the same kernels over other slots.

import { denseView, dtypes, isDense, laneOf, type Node } from '@treadle/graph';
import {
  AddressList,
  type Kernel,
  type Level,
  type Location,
  lanes,
  type Operand,
  type Slot,
  type View,
} from '@treadle/kernels';
import type { DynamicBatch } from '../dynamic-batch/dynamic-batch.ts';
import { ValidRows } from '../dynamic-batch/valid-rows.ts';
import type { Group } from '../fuse/group.ts';
import type { GroupGraph } from '../fuse/group-graph.ts';
import { storedOperand } from '../fuse/lane-expression.ts';
import { makeGroups } from '../fuse/make-groups.ts';
import { materialize } from '../fuse/materialize.ts';
import type { LoopBuffers } from '../schedule/loop-buffers.ts';
import type { KernelOrLoop } from '../schedule/phase.ts';
import { schedule } from '../schedule/schedule.ts';
import type { Capture } from '../trace/capture.ts';
import type { CapturedBody } from '../trace/capture-body.ts';
import { locationIn, operandAt } from './entry-locations.ts';
import { KernelPatterns } from './kernel-patterns.ts';
import { describeGroup, type GroupContext, type TemporarySlots } from './lower-group.ts';
import { type LoweredBody, lowerLoop, type OuterPlan } from './lower-loop.ts';
import type { Lowered } from './lowered.ts';
import { beginOf, nodeAt, SlotAssignment } from './slot-assignment.ts';

/** Lowers groups. With `batch`, kernels that reduce over it skip the rows that a run lacks. */
export function lower(capture: Capture, groups: GroupGraph, level: Level, batch?: DynamicBatch): Lowered {
  return new Lowerer(capture, groups, level, batch).run();
}

class Lowerer {
  readonly #capture: Capture;
  readonly #groups: GroupGraph;
  readonly #order: readonly Group[];
  readonly #level: Level;
  readonly #batch: DynamicBatch | undefined;
  readonly #slots: SlotAssignment;
  readonly #kernels: KernelOrLoop[] = [];
  readonly #patterns: KernelPatterns;
  readonly #rows: ValidRows;

  readonly #context: GroupContext;

  constructor(capture: Capture, groups: GroupGraph, level: Level, batch: DynamicBatch | undefined) {
    this.#capture = capture;
    this.#groups = groups;
    this.#order = groups.inOrder();
    this.#level = level;
    this.#batch = batch;
    this.#slots = new SlotAssignment(capture, groups, this.#order, batch);
    this.#patterns = new KernelPatterns(level);
    this.#rows = new ValidRows(capture, batch, (times) => this.#slots.newSlot({ kind: 'rowCount', times }));
    this.#context = {
      capture,
      level,
      locationOf: (entry) => this.#slots.locationOf(entry),
      viewInResult: (entry) => this.#slots.viewInResult(entry),
      presentRows: (members) => this.#rows.present(members),
      combined: (entry) => this.#rows.combined(entry),
    };
  }

  run(): Lowered {
    const { specs, outputs, outputOf, outputCopies } = this.#slots;
    for (const { at, from, to } of outputCopies) this.#copy(from, to, at);
    const saved = this.#saveVariables();
    for (const group of this.#order) this.#lowerGroup(group);
    this.#copyToVariables(saved);
    const kernels = this.#withBases(this.#afterRefusals(this.#kernels));
    return { kernels, slots: specs, locations: this.#slots, outputs, outputOf };
  }

  /** Every kernel that writes a variable reads all refusal records: it runs after all refusals, so a refusal leaves variables unchanged. */
  #afterRefusals(kernels: readonly KernelOrLoop[]): readonly KernelOrLoop[] {
    const records = this.#slots.specs.flatMap(({ kind }, slot) => (kind === 'refusal' ? [slot] : []));
    if (records.length === 0) return kernels;
    const variables = new Set(this.#slots.variables.values());
    return kernels.map((kernel) =>
      kernel.writes.some((slot) => variables.has(slot)) ? { ...kernel, reads: [...kernel.reads, ...records] } : kernel,
    );
  }

  /** A kernel that touches a shifted slot touches the slot from which it is shifted. */
  #withBases(kernels: readonly KernelOrLoop[]): readonly KernelOrLoop[] {
    const bases = new Map<Slot, Slot>();
    this.#slots.specs.forEach((spec, slot) => {
      if (spec.kind === 'shifted') bases.set(slot, bases.get(spec.of) ?? spec.of);
    });
    if (bases.size === 0) return kernels;
    const resolved = (slots: readonly Slot[]): readonly Slot[] => [...new Set(slots.map((at) => bases.get(at) ?? at))];
    return kernels.map((kernel) => ({ ...kernel, reads: resolved(kernel.reads), writes: resolved(kernel.writes) }));
  }

  #lowerGroup(group: Group): void {
    const { at } = group;
    const loop = this.#slots.loopBuffersOf(group);
    if (loop) return this.#lowerLoop(loop, at);
    if (this.#slots.isReshapeInPlace(at)) return;
    const { key, addressList, make } = describeGroup(this.#context, group);
    this.#addKernels(key, addressList.locations, make);
    if (group.members.length > 1) this.#copyRepeated(group);
  }

  /** Copies the results of an op of several that are wanted as more than one value: the kernel writes the first. */
  #copyRepeated({ members }: Group): void {
    const first = new Map<string, number>();
    for (const member of members) {
      const { op } = this.#node(member);
      if (op?.kind !== 'part') continue;
      const same = first.get(op.key);
      if (same === undefined) first.set(op.key, member);
      else this.#copy(this.#location(same), this.#location(member), member);
    }
  }

  /** A loop: before it, copies of inputs that must lie elsewhere or dense; after it, copies of results to their slots. */
  #lowerLoop(buffers: LoopBuffers, at: number): void {
    const { entries } = this.#capture;
    const stored = { entries, slotOf: (entry: number) => (this.#slots.locationOf(entry) ? entry : undefined) };
    const inputs = (entries[at]?.inputs ?? []).map((entry, i): Operand => {
      const operand = storedOperand(stored, entry);
      const input = operandAt(operand, this.#location(operand.slot));
      const begin = buffers.begins.get(i);
      if (!begin && (i >= buffers.op.body.carries.length || isDense(input.view))) return input;
      const to = begin ?? beginOf(this.#slots.newIntermediate(this.#node(entry)));
      this.#copy(beginOf(input.slot), to, entry, input.view);
      return operandAt({ ...input, view: denseView(input.view.shape) }, to);
    });
    const iterations = this.#slots.iterationsOf(at, buffers.op);
    this.#kernels.push(lowerLoop(buffers, inputs, iterations, this.#outerPlan(), this.#batch?.bodies.get(at)));
    for (const { at: result, from } of buffers.copies) this.#copy(from, this.#location(result), result);
  }

  /** This plan, as the plan around a loop. */
  #outerPlan(): OuterPlan {
    return {
      ...this.#slots.loopSlots,
      record: () => this.#slots.newSlot({ kind: 'refusal' }),
      rows: (times: number) => this.#rows.slot(times),
      lowerBody: (body) => this.#lowerBody(body),
    };
  }

  #lowerBody({ capture, dynamicAxes }: CapturedBody): LoweredBody {
    const batch = this.#batch && dynamicAxes && { ...this.#batch, ...dynamicAxes };
    const lowered = lower(capture, makeGroups(capture, materialize(capture), batch), this.#level, batch);
    return { lowered, schedule: schedule(lowered.kernels) };
  }

  /** Adds the kernels with this key, which are known or made now, at the locations of a group. */
  #addKernels(
    key: string,
    locations: readonly Location[],
    make: (temporaries: TemporarySlots) => readonly Kernel[],
  ): void {
    this.#kernels.push(...this.#patterns.kernels(key, locations, make, this.#slots));
  }

  /** Saves the values of variables that are assigned to other variables, because they may be overwritten themselves. */
  #saveVariables(): ReadonlyMap<number, Slot> {
    const saved = new Map<number, Slot>();
    for (const { at, target } of this.#capture.roots) {
      if (!target || this.#node(at).source?.kind !== 'variable' || saved.has(at)) continue;
      const slot = this.#slots.newIntermediate(this.#node(at));
      this.#copy(this.#location(at), beginOf(slot), at);
      saved.set(at, slot);
    }
    return saved;
  }

  /** Assigns the variables that could not be written in place, by copies at the end. */
  #copyToVariables(saved: ReadonlyMap<number, Slot>): void {
    const written = new Set([...this.#groups.values()].flatMap(({ targets }) => [...targets.values()]));
    for (const { at, target } of this.#capture.roots) {
      if (!target || written.has(target)) continue;
      const slot = this.#slots.variables.get(target);
      if (slot === undefined) continue;
      const copy = saved.get(at);
      this.#copy(copy === undefined ? this.#location(at) : beginOf(copy), beginOf(slot), at);
    }
  }

  /** Copies a value with the shape of entry `at`. `view`: how it lies at `from`, if not dense. */
  #copy(from: Location, to: Location, at: number, view?: View): void {
    const { shape, dtype } = this.#node(at);
    const dense = denseView(shape);
    const addressList = new AddressList();
    const { narrow } = dtypes[dtype];
    const load = addressList.operand({ slot: from.slot, view: view ?? dense, narrow }, from);
    const store = addressList.operand({ slot: to.slot, view: dense, narrow }, to);
    const loads = [{ operand: load, type: laneOf(dtype) }];
    this.#addKernels(`copy [${shape}]${dtype} ${view?.strides ?? ''}`, addressList.locations, () => [
      lanes({ name: 'copy', key: 'copy', shape, loads, body: (_, v) => v, cost: 0.1, stores: [store] }),
    ]);
  }

  #node(at: number): Node {
    return nodeAt(this.#capture, at);
  }

  #location(at: number): Location {
    return locationIn(this.#slots, at);
  }
}
