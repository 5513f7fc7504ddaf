// One group as kernels over the positions of an address list. A group is described first, by a text that says all that its kernels depend on
// except slots. Kernels are made once for all groups of a plan with the same description, and compiled once for all plans.

import { denseView, dtypes, type Node } from '@treadle/graph';
import {
  AddressList,
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
} from '@treadle/kernels';
import type { Group } from '../fuse/group.ts';
import { type FusedExpression, type StoredEntries, storedOperand } from '../fuse/lane-expression.ts';
import type { Capture } from '../trace/capture.ts';
import { type EntryLocations, locationIn, operandIn } from './entry-locations.ts';
import { lowerRows } from './lower-rows.ts';

/** What lowering a group needs to know of the plan. */
export interface GroupContext extends EntryLocations {
  readonly capture: Capture;
  readonly level: Level;
  /** the valid rows of some entries, if the batch is dynamic */
  presentRows(members: readonly number[]): Present | undefined;
  /** the slot of the number of elements that an entry reduces, if that depends on the run */
  combined(at: number): Slot | undefined;
}

/** A group before its kernels are made. */
export interface GroupDescription {
  /** equal for groups whose kernels are the same */
  readonly key: string;
  readonly addressList: AddressList;
  make(temporaries: TemporarySlots): readonly Kernel[];
}

/** Gives kernels buffers of their own, as positions of the address list. */
export interface TemporarySlots {
  /** a temporary buffer of so many elements */
  allocate(length: number): Slot;
  /** a record for a kernel that may refuse what it reads */
  record(): Slot;
}

/** Describes a group and collects its locations in an address list. */
export function describeGroup(context: GroupContext, group: Group): GroupDescription {
  const addressList = new AddressList();
  const { at, members, fusedRows, product } = group;
  const present = presentIn(addressList, context.presentRows(product === undefined ? members : [product, ...members]));
  const whole = `${present ? `${present.slot} of ${present.of}` : ''}`;
  if (fusedRows) {
    const { fusion, key } = lowerRows(context, fusedRows, addressList);
    return { key: `rows ${key} ${whole}`, addressList, make: () => [rowKernel({ ...fusion, present })] };
  }
  const { op } = nodeOf(context, at);
  if (product !== undefined) {
    const expression = expressionIn(addressList, context, group);
    const stores = storesIn(addressList, context, members);
    const tiled = describeTiled(context, product, [product], addressList, present);
    return {
      key: `${tiled.key} ${whole} then ${expression.key} ${keysOf(expression, stores)}`,
      addressList,
      make: (temporaries) => tiled.make(temporaries, region({ ...named(expression), stores })),
    };
  }
  if (op?.kind === 'tiled') {
    const { key, make } = describeTiled(context, at, members, addressList, present);
    return { key: `${key} ${whole}`, addressList, make };
  }
  const expression = expressionIn(addressList, context, group);
  const stores = storesIn(addressList, context, members);
  const key = `${expression.key} ${keysOf(expression, stores)} ${whole}`;
  const elementKey = expression.isIndexed ? undefined : expression.key; // multi-tensor kernels renumber elements
  if (op?.kind !== 'reduce') {
    const make = () => [lanes({ ...named(expression), key: elementKey, stores, present })];
    return { key: `lanes ${key}`, addressList, make };
  }
  const { axes, combine } = op;
  const count = combinedIn(addressList, context, at);
  return {
    key: `${op.key} over ${axes} ${count} ${key}`,
    addressList,
    make: ({ allocate }) => {
      const all = named({ ...expression, ops: [...expression.ops, op.name] });
      return reduce({ ...all, key: undefined, axes, combine, stores, allocate, count, present });
    },
  };
}

interface Tiled {
  readonly key: string;
  make(temporaries: TemporarySlots, epilogue?: ReturnType<typeof region>): readonly Kernel[];
}

/** Describes a tiled op. `members`: its entry, or the entries of those of its results that something needs. */
function describeTiled(
  context: GroupContext,
  at: number,
  members: readonly number[],
  addressList: AddressList,
  present: Present | undefined,
): Tiled {
  const { op, shape, dtype } = nodeOf(context, at);
  if (op?.kind !== 'tiled') throw new Error('internal: not a tiled op');
  const { entries } = context.capture;
  const stored: StoredEntries = { entries, slotOf: (entry) => (context.locationOf(entry) ? entry : undefined) };
  const inputs = (context.capture.entries[at]?.inputs ?? []).map((input): Operand => {
    return operandIn(addressList, context, storedOperand(stored, input));
  });
  const outputs = (op.results ? resultEntries(context, op.results.length, members) : [at]).map((entry) =>
    entry === undefined ? undefined : positionOf(addressList, context, entry),
  );
  const output = outputs.find((position) => position !== undefined);
  if (output === undefined) throw new Error('internal: an op without a result');
  const combined = op.results ? undefined : combinedIn(addressList, context, at);
  const entriesRead = context.capture.entries[at]?.inputs ?? [];
  const types = entriesRead.map((input) => nodeOf(context, input).dtype);
  const inPlace = new Set(entriesRead.flatMap((input, i) => (context.viewInResult(input) ? [i] : [])));
  return {
    key: `${op.key} ${types} ${inputs.map(operandKey)} → ${outputs} [${shape}]${dtype} ${combined} ${[...inPlace]}`,
    make: (temporaries, epilogue) =>
      op.kernels({
        inputs,
        inPlace,
        outputs,
        output,
        level: context.level,
        ...temporaries,
        ...(epilogue && { epilogue }),
        ...(combined !== undefined && { combined }),
        ...(present && { present }),
      }),
  };
}

/** By result of an op of several: the first entry that is this result. */
function resultEntries(
  context: GroupContext,
  count: number,
  members: readonly number[],
): readonly (number | undefined)[] {
  return Array.from({ length: count }, (_, index) =>
    members.find((member) => {
      const { op } = nodeOf(context, member);
      return op?.kind === 'part' && op.part.kind === 'result' && op.part.index === index;
    }),
  );
}

/** The expression of a group, with loads over the positions of the address list. */
function expressionIn(addressList: AddressList, context: GroupContext, { expression }: Group): FusedExpression {
  if (!expression) throw new Error('internal: a group without an expression');
  const loads = expression.loads.map(({ operand, type }) => ({
    operand: operandIn(addressList, context, operand),
    type,
  }));
  return { ...expression, loads };
}

function storesIn(addressList: AddressList, context: GroupContext, members: readonly number[]): readonly Operand[] {
  return members.map((member) => {
    const { shape, dtype } = nodeOf(context, member);
    const view = context.viewInResult(member) ?? denseView(shape);
    return { slot: positionOf(addressList, context, member), view, narrow: dtypes[dtype].narrow };
  });
}

function keysOf({ loads }: FusedExpression, stores: readonly Operand[]): string {
  return `${loads.map(({ operand }) => operandKey(operand)).join(' ')} → ${stores.map(operandKey).join(' ')}`;
}

function presentIn(addressList: AddressList, present: Present | undefined): Present | undefined {
  return present && { ...present, slot: addressList.at(present.slot) };
}

function combinedIn(addressList: AddressList, context: GroupContext, at: number): Slot | undefined {
  const slot = context.combined(at);
  return slot === undefined ? undefined : addressList.at(slot);
}

function positionOf(addressList: AddressList, context: GroupContext, at: number): Slot {
  const { slot, byteOffset } = locationIn(context, at);
  return addressList.at(slot, byteOffset);
}

function nodeOf({ capture }: GroupContext, at: number): Node {
  const entry = capture.entries[at];
  if (!entry) throw new Error('internal: no such entry');
  return entry.node;
}

function named<P extends FusedExpression>(expression: P): P & { readonly name: string } {
  const ops = expression.ops.length > 0 ? expression.ops.join('·') : 'copy';
  return { ...expression, name: `${ops} ${expression.shape.join('×')}`.trimEnd() };
}
