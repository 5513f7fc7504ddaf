// One group as kernels over the positions of a window. A group is described first: by a text that says all that its kernels
// depend on. So they are made once for all groups of a plan with the same description, and compiled once for all plans.

import { denseView, dtypes, type Node } from '@treadle/graph';
import {
  type Kernel,
  type Level,
  lanes,
  type Operand,
  operandKey,
  type Present,
  reduce,
  region,
  rowKernel,
  type Slot,
  Window,
} from '@treadle/kernels';
import type { Group } from '../fuse/group.ts';
import { type FusedExpression, type Stored, storedOperand } from '../fuse/lane-expression.ts';
import type { Capture } from '../trace/capture.ts';
import { type Located, locationIn, operandIn } from './located.ts';
import { rowProgram } from './lower-rows.ts';

/** Where things lie, and what of them is there. */
export interface Layout extends Located {
  readonly capture: Capture;
  readonly level: Level;
  /** what there is of the rows of some entries */
  presentRows(members: readonly number[]): Present | undefined;
  /** where it is written how many elements there are of what an entry combines, if that depends on the run */
  combined(at: number): Slot | undefined;
}

/** A group as it is to be made into kernels, or found among those that were. */
export interface Described {
  /** equal for groups of which `make` makes the same */
  readonly key: string;
  readonly window: Window;
  make(rooms: Rooms): readonly Kernel[];
}

/** Gives kernels room of their own: positions of the window. */
export interface Rooms {
  /** a temporary buffer of so many elements */
  allocate(length: number): Slot;
  /** a record for a kernel that may refuse what it reads */
  record(): Slot;
}

export function describeGroup(layout: Layout, group: Group): Described {
  const window = new Window();
  const { at, members, rows, product } = group;
  const present = presentIn(window, layout.presentRows(product === undefined ? members : [product, ...members]));
  const whole = `${present ? `${present.slot} of ${present.of}` : ''}`;
  if (rows) {
    const { program, key } = rowProgram(layout, rows, window);
    return { key: `rows ${key} ${whole}`, window, make: () => [rowKernel({ ...program, present })] };
  }
  const { op } = nodeOf(layout, at);
  if (product !== undefined) {
    const program = programIn(window, layout, group);
    const stores = storesIn(window, layout, members);
    const tiled = describeTiled(layout, product, [product], window, present);
    return {
      key: `${tiled.key} ${whole} then ${program.key} ${keysOf(program, stores)}`,
      window,
      make: (rooms) => tiled.make(rooms, region({ ...named(program), stores })),
    };
  }
  if (op?.kind === 'tiled') {
    const { key, make } = describeTiled(layout, at, members, window, present);
    return { key: `${key} ${whole}`, window, make };
  }
  const program = programIn(window, layout, group);
  const stores = storesIn(window, layout, members);
  const key = `${program.key} ${keysOf(program, stores)} ${whole}`;
  const elementKey = program.isIndexed ? undefined : program.key; // at which position an element lies matters then
  if (op?.kind !== 'reduce') {
    const lane = { ...named(program), key: elementKey, stores, present };
    return { key: `lanes ${key}`, window, make: () => [lanes(lane)] };
  }
  const { axes, combine } = op;
  const count = combinedIn(window, layout, at);
  const all = named({ ...program, ops: [...program.ops, op.name] });
  return {
    key: `${op.key} over ${axes} ${count} ${key}`,
    window,
    make: ({ allocate }) => reduce({ ...all, key: undefined, axes, combine, stores, allocate, count, present }),
  };
}

interface Tiled {
  readonly key: string;
  make(rooms: Rooms, epilogue?: ReturnType<typeof region>): readonly Kernel[];
}

/** `members`: the entry itself, or those of its results that something needs. */
function describeTiled(
  layout: Layout,
  at: number,
  members: readonly number[],
  window: Window,
  present: Present | undefined,
): Tiled {
  const { op, shape, dtype } = nodeOf(layout, at);
  if (op?.kind !== 'tiled') throw new Error('internal: not a tiled op');
  const { entries } = layout.capture;
  const stored: Stored = { entries, slotOf: (entry) => (layout.locationOf(entry) ? entry : undefined) };
  const inputs = (layout.capture.entries[at]?.inputs ?? []).map((input): Operand => {
    return operandIn(window, layout, storedOperand(stored, input));
  });
  const outputs = (op.results ? resultEntries(layout, op.results.length, members) : [at]).map((entry) =>
    entry === undefined ? undefined : positionOf(window, layout, entry),
  );
  const output = outputs.find((position) => position !== undefined);
  if (output === undefined) throw new Error('internal: an op without a result');
  const combined = op.results ? undefined : combinedIn(window, layout, at);
  const types = (layout.capture.entries[at]?.inputs ?? []).map((input) => nodeOf(layout, input).dtype);
  return {
    key: `${op.key} ${types} ${inputs.map(operandKey)} → ${outputs} [${shape}]${dtype} ${combined}`,
    make: (rooms, epilogue) =>
      op.kernels({
        inputs,
        outputs,
        output,
        level: layout.level,
        ...rooms,
        ...(epilogue && { epilogue }),
        ...(combined !== undefined && { combined }),
        ...(present && { present }),
      }),
  };
}

/** For each result of an op of several, the first entry that is it. */
function resultEntries(layout: Layout, count: number, members: readonly number[]): readonly (number | undefined)[] {
  return Array.from({ length: count }, (_, index) =>
    members.find((member) => {
      const { op } = nodeOf(layout, member);
      return op?.kind === 'part' && op.part.kind === 'result' && op.part.index === index;
    }),
  );
}

/** The program of a group over the positions of the window; so far its loads are known by the entries that they read. */
function programIn(window: Window, layout: Layout, { program }: Group): FusedExpression {
  if (!program) throw new Error('internal: a group without a program');
  const loads = program.loads.map(({ operand, type }) => ({
    operand: operandIn(window, layout, operand),
    type,
  }));
  return { ...program, loads };
}

function storesIn(window: Window, layout: Layout, members: readonly number[]): readonly Operand[] {
  return members.map((member) => {
    const { shape, dtype } = nodeOf(layout, member);
    return { slot: positionOf(window, layout, member), view: denseView(shape), narrow: dtypes[dtype].narrow };
  });
}

function keysOf({ loads }: FusedExpression, stores: readonly Operand[]): string {
  return `${loads.map(({ operand }) => operandKey(operand)).join(' ')} → ${stores.map(operandKey).join(' ')}`;
}

function presentIn(window: Window, present: Present | undefined): Present | undefined {
  return present && { ...present, slot: window.at(present.slot) };
}

function combinedIn(window: Window, layout: Layout, at: number): Slot | undefined {
  const slot = layout.combined(at);
  return slot === undefined ? undefined : window.at(slot);
}

function positionOf(window: Window, layout: Layout, at: number): Slot {
  const { slot, byteOffset } = locationIn(layout, at);
  return window.at(slot, byteOffset);
}

function nodeOf({ capture }: Layout, at: number): Node {
  const entry = capture.entries[at];
  if (!entry) throw new Error('internal: no such entry');
  return entry.node;
}

function named<P extends FusedExpression>(program: P): P & { readonly name: string } {
  const ops = program.ops.length > 0 ? program.ops.join('·') : 'copy';
  return { ...program, name: `${ops} ${program.shape.join('×')}`.trimEnd() };
}
