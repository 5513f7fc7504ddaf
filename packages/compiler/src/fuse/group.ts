// A group: a unit of the work of a plan, which computes one stored entry, or several at once. Here is what is asked of a group:
// which entries it reads in which way.

import { isDense, sameShape, sizeOf, type VariableState } from '@treadle/graph';
import type { View } from '@treadle/kernels';
import type { Capture } from '../trace/capture.ts';
import type { FusedExpression } from './lane-expression.ts';
import type { RowGroup } from './row-fusion.ts';

export interface Group {
  /** the entry that is computed, and that the group goes by */
  readonly at: number;
  /** all entries that its program computes: `at`, and others of the same shape that `at` reads element by element; or the parts of what `at` computes */
  readonly members: number[];
  /** the elementwise program, of all members or of what a reduction reads */
  program: FusedExpression | undefined;
  /** the entry of the matmul whose epilogue this group's program is */
  product: number | undefined;
  /** the groups that it computes row by row, where it is made of several */
  rows: RowGroup | undefined;
  /** the variables that are written in place, by the member that is their new value */
  readonly targets: Map<number, VariableState>;
  /** entries, stored or sources, that are read */
  readonly reads: Set<number>;
  /** groups, by entry, that must have run before */
  readonly after: Set<number>;
}

/**
 * Whether the group may write over the entry: it reads each of its elements only to write that very element, or is a tiled op that
 * changes some and leaves the others as they are.
 */
export function ownsPlace(capture: Capture, group: Group, old: number): boolean {
  if (!group.reads.has(old)) return true;
  if (overwrites(capture, group, old)) return true;
  const shape = capture.entries[group.at]?.node.shape ?? [];
  if (capture.entries[group.at]?.node.op?.kind === 'reduce' || !group.program) return false;
  return group.program.loads.every(({ operand: { slot, view } }) => slot !== old || isPlain(view, shape));
}

/** Whether the group is a tiled op whose result may take the place of this input, and that has it as no other input. */
function overwrites({ entries }: Capture, { at }: Group, old: number): boolean {
  const { node, inputs = [] } = entries[at] ?? {};
  const place = node?.op?.kind === 'tiled' ? node.op.overwrites : undefined;
  if (place === undefined) return false;
  const origin = (input: number): number => {
    const entry = entries[input];
    return entry && !entry.node.source && entry.node.op?.kind === 'move' ? origin(entry.inputs[0] ?? -1) : input;
  };
  return inputs.every((input, i) => (i === place ? input === old : origin(input) !== old));
}

/** Whether the group reads the whole of an entry of its own shape, element by element. */
export function readsPlainly(capture: Capture, group: Group, at: number): boolean {
  const shape = capture.entries[group.at]?.node.shape ?? [];
  const loads = group.program?.loads.filter(({ operand }) => operand.slot === at) ?? [];
  return (
    sameShape(capture.entries[at]?.node.shape ?? [], shape) &&
    loads.every(({ operand }) => isPlain(operand.view, shape))
  );
}

/**
 * Whether the group reads the whole of a product element by element, be it in a shape with other leading axes: then its rows are
 * those of the product, counted through all matrices.
 */
export function readsByRows(capture: Capture, group: Group, at: number): boolean {
  const [from, to] = [at, group.at].map((entry) => capture.entries[entry]?.node.shape ?? []);
  const loads = group.program?.loads.filter(({ operand }) => operand.slot === at) ?? [];
  if (!from || !to || sizeOf(from) !== sizeOf(to) || from.at(-1) !== to.at(-1)) return false;
  const hasSameRows = from.at(-2) === to.at(-2) || sizeOf(from.slice(0, -2)) === 1;
  return hasSameRows && loads.every(({ operand }) => isPlain(operand.view, to));
}

function isPlain(view: View, shape: readonly number[]): boolean {
  return view.offset === 0 && sameShape(view.shape, shape) && isDense(view);
}
