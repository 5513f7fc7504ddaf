// Which groups become one row kernel: reductions of rows of one length, and the elementwise groups before, between and after
// them that see the same rows. A row then stays in a near cache from the first pass over it to the last, and what only the
// group itself reads is never written to memory. Knows nothing of how rows are walked.

import { denseView } from '@treadle/graph';
import type { View } from '@treadle/kernels';
import type { Ragged } from '../dynamic-batch/compare.ts';
import type { Capture } from '../trace/capture.ts';
import type { Group } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { mostFused } from './materialize.ts';

/** Rows: extents other than 1, and the length of a row. */
export interface RowSpace {
  readonly rows: readonly number[];
  readonly columns: number;
}

/** What a row kernel consists of. */
export interface RowGroup {
  readonly space: RowSpace;
  /** the groups it was made of */
  readonly parts: Group[];
}

/** What an entry is in a row space: an element for each column, or one for each row. */
export type Role = 'element' | 'row';

/** Rows that are so long do not stay in a cache. */
const longest = 131_072;
/** Fewer rows than these leave threads without work, which matters from so many elements on. */
const fewRows = 8;
const muchWork = 32_768;

/** Lets reductions and what belongs to the same rows run as one group, never where a group would have to wait for itself. */
export function fuseRows(capture: Capture, groups: GroupGraph, ragged?: Ragged): void {
  for (const group of [...groups.values()]) {
    const space = spaceOf(capture, group);
    if (ragged && foldsRows(capture, group, ragged)) continue;
    if (!groups.has(group.at) || group.rows || !space || !isWorthJoining(space)) continue;
    if (!fits(capture, { space, parts: [] }, group)) continue;
    const whole: RowGroup = { space, parts: [{ ...group, reads: new Set(group.reads), members: [...group.members] }] };
    const next = (): Group | undefined => nextPart(capture, groups, group, whole, ragged);
    for (let part = next(); part; part = next()) {
      whole.parts.push(part);
      group.members.push(...part.members);
      groups.absorb(group, part.at);
      group.rows = whole;
    }
  }
}

/** Whether a group is a reduction of which the number of elements depends on a run. */
function foldsRows({ entries }: Capture, { at }: Group, { axes }: Ragged): boolean {
  const entry = entries[at];
  return entry?.node.op?.kind === 'reduce' && axes[at] === undefined && axes[entry.inputs[0] ?? -1] !== undefined;
}

/** The rows that a reduction reads. */
function spaceOf(capture: Capture, { at }: Group): RowSpace | undefined {
  const entry = capture.entries[at];
  if (entry?.node.op?.kind !== 'reduce') return undefined;
  const kept = entry.node.shape;
  const shape = capture.entries[entry.inputs[0] ?? -1]?.node.shape ?? [];
  const columns = shape.slice(kept.length).reduce((product, extent) => product * extent, 1);
  return { rows: withoutOnes(kept), columns };
}

function isWorthJoining({ rows, columns }: RowSpace): boolean {
  const height = rows.reduce((product, extent) => product * extent, 1);
  return height > 0 && columns > 1 && columns <= longest && (height >= fewRows || height * columns <= muchWork);
}

/** A group that reads what the group so far makes, or makes what it reads, or folds the rows that it reads. */
function nextPart(
  capture: Capture,
  groups: GroupGraph,
  group: Group,
  whole: RowGroup,
  ragged: Ragged | undefined,
): Group | undefined {
  const length = whole.parts.reduce((sum, { program }) => sum + (program?.ops.length ?? 0), 0);
  for (const at of nearTo(capture, groups, group)) {
    const other = groups.get(at);
    if (!other) continue;
    if (ragged && foldsRows(capture, other, ragged)) continue;
    if (length + (other.program?.ops.length ?? 0) > mostFused || !fits(capture, whole, other)) continue;
    if (!groups.wouldWait(group.at, other.at)) return other;
  }
  return undefined;
}

/** What more readers than these have in common is no reason to join them. */
const mostSharing = 64;

/** In ascending order. */
function nearTo(capture: Capture, groups: GroupGraph, group: Group): readonly number[] {
  const near = new Set<number>();
  for (const member of group.members) for (const reader of groups.readersOf(member)) near.add(reader);
  for (const read of group.reads) {
    const maker = groups.makerOf(read);
    if (maker) near.add(maker.at);
    const sharing = groups.readersOf(read);
    if (sharing.size > mostSharing) continue;
    for (const at of sharing) if (capture.entries[at]?.node.op?.kind === 'reduce') near.add(at);
  }
  near.delete(group.at);
  return [...near].sort((a, b) => a - b);
}

/** Whether all that a group reads and makes are rows of the space, and it shares with the parts so far only what is in place. */
function fits(capture: Capture, { space, parts }: RowGroup, group: Group): boolean {
  const { at, program, members } = group;
  if (!program || group.rows || group.product !== undefined || group.targets.size > 0) return false;
  const isFold = capture.entries[at]?.node.op?.kind === 'reduce';
  if (isFold && !sameSpace(spaceOf(capture, group), space)) return false;
  const role = isFold ? 'element' : roleOf(space, program.shape);
  if (!role || (program.isIndexed && role === 'element' && program.cost > costly)) return false;
  const made = new Set(parts.flatMap((part) => part.members));
  return (
    program.loads.every(({ operand: { slot, view } }) => {
      const seen = viewInRows(view, space, role);
      return seen && (!made.has(slot) || isInPlace(capture, slot, space, seen));
    }) &&
    parts.every((part) =>
      (part.program?.loads ?? []).every(({ operand: { slot, view } }) => {
        if (!members.includes(slot)) return true;
        const seen = viewInRows(view, space, partRole(capture, part, space));
        return seen && isInPlace(capture, slot, space, seen);
      }),
    )
  );
}

/** Programs that read indices and take longer, random numbers, have a loop of their own that shares work between columns. */
const costly = 2;

/** Each part after those whose values it reads. */
export function partsInOrder(parts: readonly Group[]): readonly Group[] {
  const order: Group[] = [];
  let left = parts;
  while (left.length > 0) {
    const waiting = new Set(left.flatMap(({ members }) => members));
    const ready = left.filter(({ reads }) => ![...reads].some((read) => waiting.has(read)));
    if (ready.length === 0) throw new Error('internal: parts of a row group wait for each other');
    order.push(...ready);
    left = left.filter((part) => !ready.includes(part));
  }
  return order;
}

/** What a part is evaluated for. */
export function partRole(capture: Capture, { at, program }: Group, space: RowSpace): Role {
  const isFold = capture.entries[at]?.node.op?.kind === 'reduce';
  return (isFold ? 'element' : roleOf(space, program?.shape ?? [])) ?? 'element';
}

/** What a lane entry of this shape is in the space; undefined where it is something else. */
function roleOf({ rows, columns }: RowSpace, shape: readonly number[]): Role | undefined {
  const extents = withoutOnes(shape);
  if (!rows.every((extent, d) => extents[d] === extent)) return undefined;
  if (extents.length === rows.length) return 'row';
  return extents.slice(rows.length).reduce((product, extent) => product * extent, 1) === columns
    ? 'element'
    : undefined;
}

/**
 * A view of an entry with this role as one of [...rows, columns], or of [...rows]; undefined where its columns do not lie side
 * by side, nor are all the same.
 */
export function viewInRows(
  { shape, strides, offset }: View,
  { rows, columns }: RowSpace,
  role: Role,
): View | undefined {
  const kept = strides.filter((_, d) => shape[d] !== 1);
  const outer = kept.slice(0, rows.length);
  if (role === 'row') return { shape: rows, strides: outer, offset };
  const inner = kept.slice(rows.length);
  const dense = denseView(withoutOnes(shape).slice(rows.length)).strides;
  const column = inner.every((stride) => stride === 0) ? 0 : 1;
  if (column === 1 && !inner.every((stride, d) => stride === dense[d])) return undefined;
  return { shape: [...rows, columns], strides: [...outer, column], offset };
}

/** Whether a view of an entry that a part makes is of the very row, and the very element, that it is read for. */
function isInPlace(capture: Capture, at: number, space: RowSpace, { strides, offset, shape }: View): boolean {
  const { rows, columns } = space;
  const node = capture.entries[at]?.node;
  const isRow = node?.op?.kind === 'reduce' || roleOf(space, node?.shape ?? []) === 'row';
  const expected = isRow ? denseView(rows).strides : denseView([...rows, columns]).strides;
  const isElement = shape.length > rows.length;
  if (!isRow && !isElement) return false;
  const wanted = isRow && isElement ? [...expected, 0] : expected;
  return offset === 0 && wanted.every((stride, d) => stride === strides[d]);
}

function sameSpace(a: RowSpace | undefined, b: RowSpace): boolean {
  return a?.columns === b.columns && `${a.rows}` === `${b.rows}`;
}

function withoutOnes(shape: readonly number[]): readonly number[] {
  return shape.filter((extent) => extent !== 1);
}
