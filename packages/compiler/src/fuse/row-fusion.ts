// Row fusion: reductions over rows of one length, and the elementwise groups before, between and after them that see the same rows,
// become one group. A row then stays in a near cache from the first pass over it to the last, and what only the group itself reads
// is never written to memory. Knows nothing of how a kernel iterates over rows.

import { denseView } from '@treadle/graph';
import type { View } from '@treadle/kernels';
import type { DynamicBatch } from '../dynamic-batch/dynamic-batch.ts';
import type { Capture } from '../trace/capture.ts';
import type { FusedRows, Group, RowSpace } from './group.ts';
import type { GroupGraph } from './group-graph.ts';
import { mostFused } from './materialize.ts';

/** What an entry has in a row space: an element for each column of each row, or one for each row. */
export type Role = 'element' | 'row';

/** Longer rows do not stay in a near cache. */
const longestRow = 131_072;
/** Fewer rows leave threads without work, which matters from `muchWork` elements on. */
const fewRows = 8;
const muchWork = 32_768;

/** Fuses reductions with the groups that see the same rows, where that makes no cycle. With `batch`, reductions over it stay alone. */
export function fuseRows(capture: Capture, groups: GroupGraph, batch?: DynamicBatch): void {
  for (const group of [...groups.values()]) {
    const space = spaceOf(capture, group);
    if (batch && reducesBatch(capture, group, batch)) continue;
    if (!groups.has(group.at) || group.fusedRows || !space || !isWorthFusing(space)) continue;
    if (!canFuse(capture, { space, groups: [] }, group)) continue;
    const fused: FusedRows = {
      space,
      groups: [{ ...group, reads: new Set(group.reads), members: [...group.members] }],
    };
    const candidate = (): Group | undefined => nextGroup(capture, groups, group, fused, batch);
    for (let next = candidate(); next; next = candidate()) {
      fused.groups.push(next);
      group.members.push(...next.members);
      groups.absorb(group, next.at);
      group.fusedRows = fused;
    }
  }
}

/** Whether a group reduces over the batch: how many elements it combines depends on the run. */
function reducesBatch({ entries }: Capture, { at }: Group, { axes }: DynamicBatch): boolean {
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

function isWorthFusing({ rows, columns }: RowSpace): boolean {
  const height = rows.reduce((product, extent) => product * extent, 1);
  return height > 0 && columns > 1 && columns <= longestRow && (height >= fewRows || height * columns <= muchWork);
}

/** A group to fuse next: it reads what the fused groups compute, computes what they read, or reduces rows that they read. */
function nextGroup(
  capture: Capture,
  groups: GroupGraph,
  group: Group,
  fused: FusedRows,
  batch: DynamicBatch | undefined,
): Group | undefined {
  const length = fused.groups.reduce((sum, { expression }) => sum + (expression?.ops.length ?? 0), 0);
  for (const at of neighboursOf(capture, groups, group)) {
    const other = groups.get(at);
    if (!other) continue;
    if (batch && reducesBatch(capture, other, batch)) continue;
    if (length + (other.expression?.ops.length ?? 0) > mostFused || !canFuse(capture, fused, other)) continue;
    if (!groups.fusionMakesCycle(group.at, other.at)) return other;
  }
  return undefined;
}

/** An entry with more readers is no reason to fuse them: looking at all pairs would take too long. */
const mostSharing = 64;

/** Candidates for fusion, in ascending order. */
function neighboursOf(capture: Capture, groups: GroupGraph, group: Group): readonly number[] {
  const near = new Set<number>();
  for (const member of group.members) for (const reader of groups.readersOf(member)) near.add(reader);
  for (const read of group.reads) {
    const producer = groups.producerOf(read);
    if (producer) near.add(producer.at);
    const sharing = groups.readersOf(read);
    if (sharing.size > mostSharing) continue;
    for (const at of sharing) if (capture.entries[at]?.node.op?.kind === 'reduce') near.add(at);
  }
  near.delete(group.at);
  return [...near].sort((a, b) => a - b);
}

/** Whether all that a group reads and computes are rows of the space, and it exchanges with the groups so far only values of the same row. */
function canFuse(capture: Capture, { space, groups }: FusedRows, group: Group): boolean {
  const { at, expression, members } = group;
  if (!expression || group.fusedRows || group.product !== undefined || group.targets.size > 0) return false;
  const isReduction = capture.entries[at]?.node.op?.kind === 'reduce';
  if (isReduction && !sameSpace(spaceOf(capture, group), space)) return false;
  const role = isReduction ? 'element' : roleOf(space, expression.shape);
  if (!role || (expression.isIndexed && role === 'element' && expression.cost > costly)) return false;
  const made = new Set(groups.flatMap((other) => other.members));
  return (
    expression.loads.every(({ operand: { slot, view } }) => {
      const seen = viewInRows(view, space, role);
      return seen && (!made.has(slot) || isInPlace(capture, slot, space, seen));
    }) &&
    groups.every((other) =>
      (other.expression?.loads ?? []).every(({ operand: { slot, view } }) => {
        if (!members.includes(slot)) return true;
        const seen = viewInRows(view, space, roleOfGroup(capture, other, space));
        return seen && isInPlace(capture, slot, space, seen);
      }),
    )
  );
}

/** Dearer expressions that read indices (random numbers) have a kernel of their own, which shares work between columns. */
const costly = 2;

/** The groups of a row fusion, each after those whose values it reads. */
export function groupsInOrder(groups: readonly Group[]): readonly Group[] {
  const order: Group[] = [];
  let left = groups;
  while (left.length > 0) {
    const waiting = new Set(left.flatMap(({ members }) => members));
    const ready = left.filter(({ reads }) => ![...reads].some((read) => waiting.has(read)));
    if (ready.length === 0) throw new Error('internal: a cycle in a row fusion');
    order.push(...ready);
    left = left.filter((group) => !ready.includes(group));
  }
  return order;
}

/** Whether a group of a row fusion is evaluated for each element, or for each row. */
export function roleOfGroup(capture: Capture, { at, expression }: Group, space: RowSpace): Role {
  const isReduction = capture.entries[at]?.node.op?.kind === 'reduce';
  return (isReduction ? 'element' : roleOf(space, expression?.shape ?? [])) ?? 'element';
}

/** The role of a lane entry of this shape; undefined where it has none in the space. */
function roleOf({ rows, columns }: RowSpace, shape: readonly number[]): Role | undefined {
  const extents = withoutOnes(shape);
  if (!rows.every((extent, d) => extents[d] === extent)) return undefined;
  if (extents.length === rows.length) return 'row';
  return extents.slice(rows.length).reduce((product, extent) => product * extent, 1) === columns
    ? 'element'
    : undefined;
}

/**
 * A view of an entry with this role as a view of [...rows, columns], or of [...rows]. undefined where the columns of a row are neither
 * adjacent in memory nor all the same element.
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

/** Whether a view of an entry that one of the groups computes reads, for each row and element, that same row and element. */
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
