// The groups of a plan as text: a line for each kernel, or loop, in the order in which they run. A line says which kind of kernel
// it is, over which shape, the ops that are fused into it in the order in which they are evaluated, what it reads and what it
// writes: `row fusion 64×100: max; sub exp; sum; div ← arg0 → %6`. What no line writes is never written to memory.

import type { Group } from '../fuse/group.ts';
import type { GroupGraph } from '../fuse/group-graph.ts';
import { groupsInOrder } from '../fuse/row-fusion.ts';
import type { Capture } from '../trace/capture.ts';
import { type EntryNames, entryNames } from './show-graph.ts';

/** A line for each group, in an order in which they may run. Names are those of `showGraph`. */
export function showGroups(capture: Capture, groups: GroupGraph): string {
  const names = entryNames(capture);
  return groups
    .inOrder()
    .map((group) => showGroup(capture, groups, group, names))
    .join('\n');
}

function showGroup(capture: Capture, groups: GroupGraph, group: Group, { entry, variable }: EntryNames): string {
  const roots = new Set(capture.roots.map(({ at }) => at));
  const isNeeded = (at: number): boolean =>
    roots.has(at) || [...groups.readersOf(at)].some((reader) => reader !== group.at);
  const members = group.fusedRows ? group.members.filter(isNeeded) : group.members;
  const product = group.product !== undefined && isNeeded(group.product) ? [group.product] : [];
  const writes = [...product, ...members].sort(ascending).map((at) => {
    const target = group.targets.get(at);
    return target ? `${entry(at)} in ${variable(target)}` : entry(at);
  });
  const reads = [...group.reads].sort(ascending).map(entry);
  return `${describe(capture, group)} ← ${reads.join(' ')} → ${writes.join(' ')}`;
}

/** The kind of kernel, its shape, and the ops fused into it. */
function describe({ entries }: Capture, { at, expression, product, fusedRows }: Group): string {
  const { op, shape } = entries[at]?.node ?? {};
  const ops = expression?.ops.join(' ') ?? '';
  if (fusedRows) {
    const groups = groupsInOrder(fusedRows.groups).map((group) =>
      [...(group.expression?.ops ?? []), ...reductionOf(entries, group)].join(' '),
    );
    return `row fusion ${extents([...fusedRows.space.rows, fusedRows.space.columns])}: ${groups.join('; ')}`;
  }
  if (product !== undefined) return `${entries[product]?.node.op?.name} ${extents(shape)} with epilogue: ${ops}`;
  if (op?.kind === 'reduce') return `reduce ${extents(expression?.shape)}: ${[ops, op.name].join(' ').trim()}`;
  if (op?.kind === 'loop') return `loop of ${op.length} iterations`;
  if (op?.kind === 'tiled') return `${op.name} ${extents(shape)}`;
  if (ops === '') return `${op?.kind === 'move' && op.keepsOrder ? 'reshape' : 'copy'} ${extents(shape)}`;
  return `elementwise ${extents(shape)}: ${ops}`;
}

/** The name of what a part of a row fusion reduces by, if it does. */
function reductionOf(entries: Capture['entries'], { at }: Group): readonly string[] {
  const { op } = entries[at]?.node ?? {};
  return op?.kind === 'reduce' ? [op.name] : [];
}

function extents(shape: readonly number[] = []): string {
  return shape.length === 0 ? '1' : shape.join('×');
}

function ascending(a: number, b: number): number {
  return a - b;
}
