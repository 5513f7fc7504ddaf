// Slot assignment: which slot each entry lies in. Sources, outputs and variables have slots of their own. A group writes its results
// straight into the slots of outputs and variables where it can, and otherwise into intermediates. Knows nothing of kernels.

import { byteLength, type Dtype, dtypes, type LoopOp, type Node, type Op, type VariableState } from '@treadle/graph';
import { bytesOf, type Location, type Slot, type View } from '@treadle/kernels';
import type { DynamicBatch } from '../dynamic-batch/dynamic-batch.ts';
import type { Group } from '../fuse/group.ts';
import type { GroupGraph } from '../fuse/group-graph.ts';
import type { Output, SlotSpec } from '../plan/slot-spec.ts';
import { assignLoopBuffers, type Iterations, type LoopBuffers, type LoopSlots } from '../schedule/loop-buffers.ts';
import type { Capture } from '../trace/capture.ts';
import type { EntryLocations } from './entry-locations.ts';

/** A copy of the value of an entry. */
export interface Copy {
  readonly at: number;
  readonly from: Location;
  readonly to: Location;
}

/** The slots of a plan, or of a loop's body. */
export class SlotAssignment implements EntryLocations {
  /** by slot: what it stands for */
  readonly specs: SlotSpec[] = [];
  readonly outputs: Output[] = [];
  /** by root: its output; undefined for one that assigns a variable */
  readonly outputOf: readonly (number | undefined)[];
  /** outputs whose values lie in slots of their own already, because they are sources */
  readonly outputCopies: Copy[] = [];
  /** by variable that is read or assigned: its slot */
  readonly variables: Map<VariableState, Slot> = new Map();
  readonly loopSlots: LoopSlots = {
    allocate: (bytes) => this.newSlot({ kind: 'intermediate', bytes }),
    shifted: (of, by) => this.newSlot({ kind: 'shifted', of, by }),
  };
  readonly #capture: Capture;
  readonly #groups: GroupGraph;
  readonly #batch: DynamicBatch | undefined;
  readonly #roots: ReadonlySet<number>;
  readonly #locations: (Location | undefined)[];
  readonly #loops = new Map<Group, LoopBuffers>();
  /** by entry that is computed right in a result: its view there */
  readonly #viewsInResults = new Map<number, View>();
  /** by entry that is made of others: the group that computes some of them in place */
  readonly #builders = new Map<number, Group>();

  /** Assigns slots to all entries that lie in memory. `order`: the groups in the order in which they are lowered. */
  constructor(capture: Capture, groups: GroupGraph, order: readonly Group[], batch: DynamicBatch | undefined) {
    this.#capture = capture;
    this.#groups = groups;
    this.#batch = batch;
    this.#locations = new Array(capture.entries.length);
    this.#roots = new Set(capture.roots.map(({ at }) => at));
    this.#assignSources();
    this.outputOf = this.#assignOutputs();
    for (const group of order) this.#assignGroup(group);
  }

  /** Where an entry lies; undefined for one that does not lie in memory. */
  locationOf(at: number): Location | undefined {
    return this.#locations[at];
  }

  /** The view of an entry that is computed right in the result that it is a part of, from its location on. */
  viewInResult(at: number): View | undefined {
    return this.#viewsInResults.get(at);
  }

  /** The buffers of a group that is a loop. */
  loopBuffersOf(group: Group): LoopBuffers | undefined {
    return this.#loops.get(group);
  }

  newSlot(spec: SlotSpec): Slot {
    return this.specs.push(spec) - 1;
  }

  /** An intermediate for a value of this shape and dtype. */
  newIntermediate({ shape, dtype }: Pick<Node, 'shape' | 'dtype'>): Slot {
    return this.newSlot({ kind: 'intermediate', bytes: byteLength(dtype, shape) });
  }

  /** Whether a slot has the same values whenever it is read: variables are written in place. */
  isConstant(slot: Slot): boolean {
    const spec = this.specs[slot];
    if (spec?.kind !== 'source') return spec?.kind === 'intermediate' || spec?.kind === 'output';
    return this.#node(this.#capture.sources[spec.source] ?? -1).source?.kind !== 'variable';
  }

  /** Whether an entry needs no kernel, because it is a reshape that lies where its input was written. */
  isReshapeInPlace(at: number): boolean {
    const reshaped = this.#reshapedBy(at);
    return reshaped !== undefined && this.locationOf(reshaped)?.slot === this.locationOf(at)?.slot;
  }

  /** How many iterations a loop has. */
  iterationsOf(at: number, { length }: LoopOp): Iterations {
    const countsRows = this.#batch?.bodies.get(at)?.countsRows;
    return { most: length, perRow: countsRows ? length / (this.#batch?.rows ?? 1) : undefined };
  }

  #assignSources(): void {
    const { sources, roots } = this.#capture;
    sources.forEach((at, source) => {
      const slot = this.newSlot({ kind: 'source', source, dtype: this.#node(at).dtype });
      this.#locations[at] = beginOf(slot);
      const from = this.#node(at).source;
      if (from?.kind === 'variable') this.variables.set(from.state, slot);
    });
    roots.forEach(({ target }, root) => {
      if (target && !this.variables.has(target)) this.variables.set(target, this.newSlot({ kind: 'target', root }));
    });
  }

  #assignOutputs(): readonly (number | undefined)[] {
    const outputOf = new Map<number, number>();
    return this.#capture.roots.map(({ at, target }) => {
      if (target) return undefined;
      const known = outputOf.get(at);
      if (known !== undefined) return known;
      const { shape, dtype } = this.#node(at);
      const output = this.outputs.push({ shape, dtype, batchAxis: this.#batch?.axes[at] }) - 1;
      outputOf.set(at, output);
      this.#assignOutput(at, this.newSlot({ kind: 'output', output }));
      return output;
    });
  }

  #assignOutput(at: number, slot: Slot): void {
    // A source that is also an output has a slot already, from which others read; its value is copied.
    const own = this.#locations[at];
    if (own) {
      this.outputCopies.push({ at, from: own, to: beginOf(slot) });
      return;
    }
    this.#locations[at] = beginOf(slot);
    const reshaped = this.#reshapedBy(at);
    const isFree = reshaped !== undefined && this.#locations[reshaped] === undefined && !this.#roots.has(reshaped);
    if (isFree) this.#locations[reshaped] = beginOf(slot);
  }

  /** The entry, computed by a kernel, of which entry `at` is only a reshape: both can share a slot. */
  #reshapedBy(at: number): number | undefined {
    if (this.#groups.get(at)?.fusedRows) return undefined;
    for (let from = at; ; ) {
      const { op, source } = this.#node(from);
      if (source || op?.kind !== 'move' || !op.keepsOrder) return undefined;
      from = this.#capture.entries[from]?.inputs[0] ?? -1;
      if (this.#groups.producerOf(from)) return from;
    }
  }

  /** Gives slots to the results of a group. A product that only its own epilogue reads shares the slot of the result, if it has the same format. */
  #assignGroup(group: Group): void {
    const { op } = this.#node(group.at);
    if (op?.kind === 'loop') return this.#assignLoop(group, op);
    this.#assignInResults(group);
    for (const member of group.members) {
      if (this.#locations[member] !== undefined || (group.fusedRows && !this.#isReadOutside(group, member))) continue;
      const target = group.targets.get(member);
      const inPlace = target && this.variables.get(target);
      this.#locations[member] = beginOf(inPlace ?? this.newIntermediate(this.#node(member)));
    }
    const { product } = group;
    if (product === undefined || this.#locations[product] !== undefined) return;
    const node = this.#node(product);
    const isShared = !this.#isReadByOthers(group, product) && isStoredAlike(node, this.#node(group.at));
    const location = isShared ? this.#locations[group.at] : beginOf(this.newIntermediate(node));
    if (location) this.#locations[product] = location;
  }

  /**
   * Lets an elementwise group write what only an op reads that puts its inputs together, such as concat, to its place in the result
   * of that op. One group does so for a result: kernels that write to one buffer cannot run at the same time.
   */
  #assignInResults(group: Group): void {
    const { op } = this.#node(group.at);
    if (op?.kind !== 'lane' || group.product !== undefined || group.fusedRows || group.targets.size > 0) return;
    for (const member of group.members) {
      const [reader = -1, ...others] = this.#groups.readersOf(member);
      if (others.length > 0 || reader < 0 || this.#roots.has(member)) continue;
      const { node, inputs = [] } = this.#capture.entries[reader] ?? {};
      const views = node?.op?.kind === 'tiled' ? node.op.inputViews : undefined;
      const view = views?.[inputs.indexOf(member)];
      const isOnce = inputs.indexOf(member) === inputs.lastIndexOf(member);
      const isFree = (this.#builders.get(reader) ?? group) === group && this.#groups.get(reader)?.targets.size === 0;
      if (!node || !view || !isOnce || !isFree) continue;
      this.#builders.set(reader, group);
      const whole = this.#locations[reader] ?? beginOf(this.newIntermediate(node));
      this.#locations[reader] = whole;
      this.#locations[member] = beginOfView(whole, view, node.dtype);
      this.#viewsInResults.set(member, { ...view, offset: 0 });
    }
  }

  #assignLoop(group: Group, op: LoopOp): void {
    const results = group.members.flatMap((at) => {
      const part = resultOf(this.#node(at).op);
      return part ? [{ at, part, slot: this.#locations[at]?.slot }] : [];
    });
    const buffers = assignLoopBuffers(op, results, this.iterationsOf(group.at, op), this.loopSlots);
    for (const [at, location] of buffers.locations) this.#locations[at] = location;
    this.#loops.set(group, buffers);
  }

  /** Whether a value that the group computes is needed outside of it. */
  #isReadOutside(group: Group, member: number): boolean {
    return this.#roots.has(member) || this.#isReadByOthers(group, member);
  }

  #isReadByOthers(group: Group, entry: number): boolean {
    for (const reader of this.#groups.readersOf(entry)) if (reader !== group.at) return true;
    return false;
  }

  #node(at: number): Node {
    return nodeAt(this.#capture, at);
  }
}

function resultOf(op: Op | undefined) {
  return op?.kind === 'part' ? op.part : undefined;
}

/** Whether the elements of both are stored in the same format. */
function isStoredAlike(a: Node, b: Node): boolean {
  return dtypes[a.dtype].narrow === dtypes[b.dtype].narrow;
}

/** Where a view of what lies at a location begins. */
function beginOfView({ slot, byteOffset }: Location, { offset }: View, dtype: Dtype): Location {
  return { slot, byteOffset: byteOffset + bytesOf(dtypes[dtype].narrow) * offset };
}

/** The location of a slot's first byte. */
export function beginOf(slot: Slot): Location {
  return { slot, byteOffset: 0 };
}

/** The node of an entry. */
export function nodeAt({ entries }: Capture, at: number): Node {
  const entry = entries[at];
  if (!entry) throw new Error('internal: no such entry');
  return entry.node;
}
