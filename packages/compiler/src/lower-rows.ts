// A row group as a row program: its parts become steps, what one part makes and another reads a value that need not lie in memory.

import type { RowProgram, RowStep, Slot } from '@treadle/kernels';
import type { Capture } from './capture.ts';
import type { Group } from './group.ts';
import { buildProgram, isMustStore } from './program.ts';
import { partRole, type RowGroup, viewInRows } from './rows.ts';

/** `slotOf`: where an entry lies in memory; undefined for one that only the group itself reads. */
export function rowProgram(
  capture: Capture,
  { space, parts }: RowGroup,
  slotOf: (at: number) => Slot | undefined,
): RowProgram {
  const made = new Set(parts.flatMap(({ members }) => members));
  // Values that a part makes have no slot while programs are built: they are told by negative numbers.
  const stored = { entries: capture.entries, slotOf: (at: number) => (made.has(at) ? -1 - at : slotOf(at)) };
  const ops: string[] = [];
  const steps = inOrder(parts).map((part): RowStep => {
    const entry = capture.entries[part.at];
    const op = entry?.node.op;
    const isFold = op?.kind === 'reduce';
    const program = isFold
      ? buildProgram(stored, entry?.inputs.slice(0, 1) ?? [], [])
      : buildProgram(stored, part.members, part.members);
    if (isMustStore(program)) throw new Error('internal: a load was not stored');
    const per = partRole(capture, part, space);
    const loads = program.loads.map(({ operand: { slot, view }, type }) => {
      if (slot < 0) return { value: -1 - slot, type };
      const seen = viewInRows(view, space, per);
      if (!seen) throw new Error('internal: a load is not of rows');
      return { operand: { slot, view: seen }, type };
    });
    ops.push(...program.ops, ...(isFold ? [op.name] : []));
    return {
      per,
      loads,
      body: program.body,
      cost: program.cost,
      flops: program.flops + (isFold && op.combine.type === 'f32x4' ? 1 : 0),
      combine: isFold ? op.combine : undefined,
      results: part.members.map((value) => ({ value, slot: slotOf(value) })),
    };
  });
  const name = `${ops.join('·')} ${[...space.rows, space.columns].join('×')}`;
  return { name, rows: space.rows, columns: space.columns, ops, steps };
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
