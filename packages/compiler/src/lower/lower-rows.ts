// Lowering a row fusion: each of its groups becomes a step of a row kernel. A value that one step computes and another reads is passed on
// by its number; it lies in memory only if something else needs it.

import { operandKey, type RowFusion, type RowStep, type Window } from '@treadle/kernels';
import type { FusedRows } from '../fuse/group.ts';
import { groupsInOrder, roleOfGroup, viewInRows } from '../fuse/row-fusion.ts';
import type { Capture } from '../trace/capture.ts';
import { type EntryLocations, operandIn } from './entry-locations.ts';

/** The row fusion over the positions of the window. Equal keys mean equal kernels. */
export function lowerRows(
  context: EntryLocations & { readonly capture: Capture },
  { space, groups }: FusedRows,
  window: Window,
): { readonly fusion: RowFusion; readonly key: string } {
  const { capture } = context;
  /** by entry: the number of its value */
  const values = new Map<number, number>();
  const ordered = groupsInOrder(groups);
  for (const { members } of ordered) for (const member of members) values.set(member, values.size);
  const ops: string[] = [];
  const keys: string[] = [];
  const steps = ordered.map((group): RowStep => {
    const { expression, members } = group;
    const op = capture.entries[group.at]?.node.op;
    const isReduction = op?.kind === 'reduce';
    if (!expression) throw new Error('internal: a group without an expression');
    const per = roleOfGroup(capture, group, space);
    const loads = expression.loads.map(({ operand: { slot: at, view }, type }) => {
      const value = values.get(at);
      if (value !== undefined) return { value, type };
      const seen = viewInRows(view, space, per);
      if (!seen) throw new Error('internal: a load that is not a row');
      return { operand: operandIn(window, context, { slot: at, view: seen }), type };
    });
    const results = members.map((member) => {
      const location = context.locationOf(member);
      const slot = location && window.at(location.slot, location.byteOffset);
      return { value: values.get(member) ?? -1, slot };
    });
    ops.push(...expression.ops, ...(isReduction ? [op.name] : []));
    const read = loads.map((load) => ('value' in load ? `value ${load.value}` : operandKey(load.operand)));
    keys.push(
      `${per} ${expression.key} ${read.join(' ')} ${isReduction ? op.key : ''} → ${results.map((r) => r.slot ?? '')}`,
    );
    return {
      per,
      loads,
      body: expression.body,
      cost: expression.cost,
      flops: expression.flops + (isReduction && op.combine.type === 'f32x4' ? 1 : 0),
      combine: isReduction ? op.combine : undefined,
      results,
    };
  });
  const { rows, columns } = space;
  const name = `${ops.join('·')} ${[...rows, columns].join('×')}`;
  return { fusion: { name, rows, columns, ops, steps }, key: `[${rows}] × ${columns}: ${keys.join('; ')}` };
}
