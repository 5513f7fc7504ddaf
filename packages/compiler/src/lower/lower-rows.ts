// Lowering a row fusion: each of its groups becomes a stage of a row kernel. A value that one stage computes and another reads is passed on
// by its number; it lies in memory only if something else needs it.

import { dtypes } from '@treadle/graph';
import { type AddressList, operandKey, type RowFusion, type RowStage } from '@treadle/kernels';
import type { FusedRows, Group, RowSpace } from '../fuse/group.ts';
import { groupsInOrder, roleOfGroup, viewInRows } from '../fuse/row-fusion.ts';
import type { Capture } from '../trace/capture.ts';
import { type EntryLocations, operandIn } from './entry-locations.ts';
import { nodeAt } from './slot-assignment.ts';

/** What lowering a row fusion needs to know of the plan. */
interface RowContext extends EntryLocations {
  readonly capture: Capture;
}

/** The row fusion over the positions of the address list. Equal keys mean equal kernels. */
export function lowerRows(
  context: RowContext,
  { space, groups }: FusedRows,
  addressList: AddressList,
): { readonly fusion: RowFusion; readonly key: string } {
  /** by entry: the number of its value */
  const values = new Map<number, number>();
  const ordered = groupsInOrder(groups);
  for (const { members } of ordered) for (const member of members) values.set(member, values.size);
  const lowered = ordered.map((group) => lowerStage(context, space, group, values, addressList));
  const ops = lowered.flatMap((each) => each.ops);
  const { rows, columns } = space;
  const name = `${ops.join('·')} ${[...rows, columns].join('×')}`;
  const stages = lowered.map(({ stage }) => stage);
  const keys = lowered.map(({ key }) => key);
  return { fusion: { name, rows, columns, ops, stages }, key: `[${rows}] × ${columns}: ${keys.join('; ')}` };
}

/** One group as a stage, with its ops and a key for it. */
function lowerStage(
  context: RowContext,
  space: RowSpace,
  group: Group,
  values: ReadonlyMap<number, number>,
  addressList: AddressList,
): { readonly stage: RowStage; readonly ops: readonly string[]; readonly key: string } {
  const { at, expression, members } = group;
  const { op } = context.capture.entries[at]?.node ?? {};
  const reduction = op?.kind === 'reduce' ? op : undefined;
  if (!expression) throw new Error('internal: a group without an expression');
  const { body, cost, flops } = expression;
  const per = roleOfGroup(context.capture, group, space);
  const loads = expression.loads.map(({ operand: { slot: entry, view, narrow }, type }) => {
    const value = values.get(entry);
    if (value !== undefined) return { value, type };
    const seen = viewInRows(view, space, per);
    if (!seen) throw new Error('internal: a load that is not a row');
    return { operand: operandIn(addressList, context, { slot: entry, view: seen, narrow }), type };
  });
  const results = members.map((member) => {
    const location = context.locationOf(member);
    const slot = location && addressList.at(location.slot, location.byteOffset);
    const { narrow } = dtypes[nodeAt(context.capture, member).dtype];
    return { value: values.get(member) ?? -1, slot, narrow };
  });
  const read = loads.map((load) => ('value' in load ? `value ${load.value}` : operandKey(load.operand)));
  const written = results.map(({ slot, narrow }) => `${slot ?? ''} ${narrow?.name ?? ''}`);
  const combineFlops = reduction?.combine.type === 'f32x4' ? 1 : 0;
  return {
    stage: { per, loads, body, cost, flops: flops + combineFlops, combine: reduction?.combine, results },
    ops: reduction ? [...expression.ops, reduction.name] : expression.ops,
    key: `${per} ${expression.key} ${read.join(' ')} ${reduction?.key ?? ''} → ${written}`,
  };
}
