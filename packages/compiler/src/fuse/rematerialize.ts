// Which entries are as cheap to compute in each of their readers as to read: a few simple operations on one large operand that
// lies in memory anyway, the others being small, such as x − mean. To store them would cost a pass over memory, and readers would
// read as many bytes as before.

import { sameShape } from '@treadle/graph';
import type { Captured } from '../trace/capture.ts';

/** nanoseconds an element, roughly, of all operations since the operand was read: less than writing an element takes */
const cheap = 0.35;
/** an operand is small if it has this part of the elements at most */
const smallPart = 1 / 8;

/** For each entry whether it is so cheap: 1 or 0. `sizes`: how many elements each has. Entries come after their inputs. */
export function isCheapToRecompute(entries: readonly Captured[], sizes: Float64Array): Uint8Array {
  /** what it costs to compute an entry from what lies in memory; NaN where that is not so simple */
  const costs = new Float64Array(entries.length);
  /** how many elements an entry is read from: a stretched one is as small as what was stretched */
  const lying = Float64Array.from(sizes);
  const isCheap = new Uint8Array(entries.length);
  entries.forEach((entry, at) => {
    const { node, inputs } = entry;
    const [first = -1] = inputs;
    if (node.op?.kind === 'move' && !node.source) lying[at] = Math.min(sizes[at] ?? 0, lying[first] ?? 0);
    costs[at] = costOf(entries, entry, sizes[at] ?? 0, { lying, costs });
    isCheap[at] = node.op?.kind === 'lane' && !Number.isNaN(costs[at]) ? 1 : 0;
  });
  return isCheap;
}

function costOf(
  entries: readonly Captured[],
  { node, inputs }: Captured,
  size: number,
  { lying, costs }: { readonly lying: Float64Array; readonly costs: Float64Array },
): number {
  const { op, source, shape } = node;
  // A variable may be written in place once all have read it: the fewer they are, the better.
  if (source) return source.kind === 'variable' ? Number.NaN : 0;
  if (op?.kind === 'tiled' || op?.kind === 'reduce') return 0;
  if (op?.kind === 'move') return op.keepsOrder ? (costs[inputs[0] ?? -1] ?? Number.NaN) : Number.NaN;
  if (op?.kind !== 'lane' || op.indexed) return Number.NaN;
  let operand = -1;
  for (const input of inputs) {
    if ((lying[input] ?? 0) <= smallPart * size) continue;
    if (operand >= 0 && input !== operand) return Number.NaN;
    operand = input;
  }
  if (!sameShape(entries[operand]?.node.shape ?? [], shape)) return Number.NaN;
  const cost = (costs[operand] ?? Number.NaN) + op.cost;
  return cost <= cheap ? cost : Number.NaN;
}
