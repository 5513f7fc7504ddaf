// A row group as a row program: its parts become steps, what one part makes and another reads a value that need not lie in memory.

import { dtypes } from '@treadle/graph';
import { operandKey, type RowFusion, type RowStep, type Window } from '@treadle/kernels';
import type { Group } from '../fuse/group.ts';
import { partRole, type RowGroup, viewInRows } from '../fuse/row-fusion.ts';
import type { Capture } from '../trace/capture.ts';
import { type Located, operandIn } from './located.ts';

/** Over the positions of the window; equal keys say equal programs. */
export function rowProgram(
  layout: Located & { readonly capture: Capture },
  { space, parts }: RowGroup,
  window: Window,
): { readonly program: RowFusion; readonly key: string } {
  const { capture } = layout;
  /** the numbers of the values that the parts make */
  const values = new Map<number, number>();
  const ordered = inOrder(parts);
  for (const { members } of ordered) for (const member of members) values.set(member, values.size);
  const ops: string[] = [];
  const keys: string[] = [];
  const steps = ordered.map((part): RowStep => {
    const { program, members } = part;
    const op = capture.entries[part.at]?.node.op;
    const isFold = op?.kind === 'reduce';
    if (!program) throw new Error('internal: a part without a program');
    const per = partRole(capture, part, space);
    const loads = program.loads.map(({ operand: { slot: at, view, narrow }, type }) => {
      const value = values.get(at);
      if (value !== undefined) return { value, type };
      const seen = viewInRows(view, space, per);
      if (!seen) throw new Error('internal: a load is not of rows');
      return { operand: operandIn(window, layout, { slot: at, view: seen, narrow }), type };
    });
    const results = members.map((member) => {
      const location = layout.locationOf(member);
      const slot = location && window.at(location.slot, location.byteOffset);
      const dtype = capture.entries[member]?.node.dtype ?? 'float32';
      return { value: values.get(member) ?? -1, slot, narrow: dtypes[dtype].narrow };
    });
    ops.push(...program.ops, ...(isFold ? [op.name] : []));
    const read = loads.map((load) => ('value' in load ? `value ${load.value}` : operandKey(load.operand)));
    keys.push(
      `${per} ${program.key} ${read.join(' ')} ${isFold ? op.key : ''} → ${results.map((r) => `${r.slot ?? ''} ${r.narrow?.name ?? ''}`)}`,
    );
    return {
      per,
      loads,
      body: program.body,
      cost: program.cost,
      flops: program.flops + (isFold && op.combine.type === 'f32x4' ? 1 : 0),
      combine: isFold ? op.combine : undefined,
      results,
    };
  });
  const { rows, columns } = space;
  const name = `${ops.join('·')} ${[...rows, columns].join('×')}`;
  return { program: { name, rows, columns, ops, steps }, key: `[${rows}] × ${columns}: ${keys.join('; ')}` };
}

/** Each part after those whose values it reads. */
function inOrder(parts: readonly Group[]): readonly Group[] {
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
