// A group: the entries that one kernel computes (or the few kernels of a tiled op, or a loop). It stores one entry or several of the
// same shape; all else that it evaluates is inlined. Here are also the questions about how a group reads an entry, on which the
// fusions depend. A group knows nothing of slots and addresses.

import { isDense, sameShape, sizeOf, type VariableState } from '@treadle/graph';
import type { View } from '@treadle/kernels';
import type { Capture } from '../trace/capture.ts';
import type { FusedExpression } from './lane-expression.ts';

/** By variable: the entry that is its old value, if something reads it. */
export type OldValues = ReadonlyMap<VariableState, number>;

/** Rows to which a row fusion applies: the extents of all other axes, without those that are 1, and the length of a row. */
export interface RowSpace {
  readonly rows: readonly number[];
  readonly columns: number;
}

/** A row fusion: groups that one kernel computes row by row. */
export interface FusedRows {
  readonly space: RowSpace;
  readonly groups: Group[];
}

/** The work of one kernel, before it is lowered. */
export interface Group {
  /** the entry that it computes, by which the group is known */
  readonly at: number;
  /** all entries that it stores: `at`, and others of the same shape that are computed with it; for an op with several results, those */
  readonly members: number[];
  /** the fused elementwise expression: of all members, or of the values that a reduction reads */
  expression: FusedExpression | undefined;
  /** the entry of the product whose epilogue the expression is */
  product: number | undefined;
  /** where it is a row fusion: the groups that it is made of */
  fusedRows: FusedRows | undefined;
  /** the variables that are written in place, by the member that is their new value */
  readonly targets: Map<number, VariableState>;
  /** entries that it reads from memory: stored ones and sources */
  readonly reads: Set<number>;
  /** groups, by their entries, that must have run before */
  readonly after: Set<number>;
}

/**
 * Whether the group may overwrite the entry: it reads each element only to write that same element, or it is a tiled op that changes
 * some elements in place.
 */
export function mayOverwrite(capture: Capture, group: Group, old: number): boolean {
  if (!group.reads.has(old)) return true;
  if (overwritesInput(capture, group, old)) return true;
  const shape = capture.entries[group.at]?.node.shape ?? [];
  if (capture.entries[group.at]?.node.op?.kind === 'reduce' || !group.expression) return false;
  return group.expression.loads.every(({ operand: { slot, view } }) => slot !== old || isIdentity(view, shape));
}

/** Whether the group is a tiled op that may write its result over this input, and has this value as no other input. */
function overwritesInput({ entries }: Capture, { at }: Group, old: number): boolean {
  const { node, inputs = [] } = entries[at] ?? {};
  const overwritten = node?.op?.kind === 'tiled' ? node.op.overwrites : undefined;
  if (overwritten === undefined) return false;
  const origin = (input: number): number => {
    const entry = entries[input];
    return entry && !entry.node.source && entry.node.op?.kind === 'move' ? origin(entry.inputs[0] ?? -1) : input;
  };
  return inputs.every((input, i) => (i === overwritten ? input === old : origin(input) !== old));
}

/** Whether the entry has the group's shape, and the group reads element i of it only for its own element i. */
export function readsElementwise(capture: Capture, group: Group, at: number): boolean {
  const shape = capture.entries[group.at]?.node.shape ?? [];
  const loads = group.expression?.loads.filter(({ operand }) => operand.slot === at) ?? [];
  return (
    sameShape(capture.entries[at]?.node.shape ?? [], shape) &&
    loads.every(({ operand }) => isIdentity(operand.view, shape))
  );
}

/**
 * Whether the group reads element i of a product only for its own element i, possibly in a shape with other leading axes. Then its
 * rows are the rows of the product, counted through all matrices.
 */
export function readsRowByRow(capture: Capture, group: Group, at: number): boolean {
  const [from, to] = [at, group.at].map((entry) => capture.entries[entry]?.node.shape ?? []);
  const loads = group.expression?.loads.filter(({ operand }) => operand.slot === at) ?? [];
  if (!from || !to || sizeOf(from) !== sizeOf(to) || from.at(-1) !== to.at(-1)) return false;
  const hasSameRows = from.at(-2) === to.at(-2) || sizeOf(from.slice(0, -2)) === 1;
  return hasSameRows && loads.every(({ operand }) => isIdentity(operand.view, to));
}

function isIdentity(view: View, shape: readonly number[]): boolean {
  return view.offset === 0 && sameShape(view.shape, shape) && isDense(view);
}
