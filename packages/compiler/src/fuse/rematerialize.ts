// Rematerialization: which entries are as cheap to compute in each of their consumers as to read. Such an entry is a few simple
// operations on one large operand that lies in memory anyway and on small ones, such as x − mean. Storing it would cost a pass over
// memory, and its consumers would read as many bytes as before.

import { sameShape } from '@treadle/graph';
import type { Entry } from '../trace/capture.ts';

/** estimated nanoseconds for each element, of all operations on the operand: less than writing an element takes */
const mostCost = 0.35;
/** an operand is small if it has at most this part of the entry's elements */
const smallPart = 1 / 8;

/** For each entry whether it is cheap to compute again: 1 or 0. `sizes`: its elements. Entries come after their inputs. */
export function isCheapToRecompute(entries: readonly Entry[], sizes: Float64Array): Uint8Array {
  /** by entry: nanoseconds for each element to compute it from memory; NaN where it is not a chain on one large operand */
  const costs = new Float64Array(entries.length);
  /** by entry: how many elements of memory it is read from; a broadcast one is as small as what was broadcast */
  const storedSizes = Float64Array.from(sizes);
  const isCheap = new Uint8Array(entries.length);
  entries.forEach((entry, at) => {
    const { node, inputs } = entry;
    const [first = -1] = inputs;
    if (node.op?.kind === 'move' && !node.source) storedSizes[at] = Math.min(sizes[at] ?? 0, storedSizes[first] ?? 0);
    costs[at] = costOf(entries, entry, sizes[at] ?? 0, { storedSizes, costs });
    isCheap[at] = node.op?.kind === 'lane' && !Number.isNaN(costs[at]) ? 1 : 0;
  });
  return isCheap;
}

function costOf(
  entries: readonly Entry[],
  { node, inputs }: Entry,
  size: number,
  { storedSizes, costs }: { readonly storedSizes: Float64Array; readonly costs: Float64Array },
): number {
  const { op, source, shape } = node;
  // A variable can be written in place only after its last reader, so it should have few readers.
  if (source) return source.kind === 'variable' ? Number.NaN : 0;
  if (op?.kind === 'tiled' || op?.kind === 'reduce') return 0;
  if (op?.kind === 'move') return op.keepsOrder ? (costs[inputs[0] ?? -1] ?? Number.NaN) : Number.NaN;
  if (op?.kind !== 'lane' || op.indexed) return Number.NaN;
  let operand = -1;
  for (const input of inputs) {
    if ((storedSizes[input] ?? 0) <= smallPart * size) continue;
    if (operand >= 0 && input !== operand) return Number.NaN;
    operand = input;
  }
  if (!sameShape(entries[operand]?.node.shape ?? [], shape)) return Number.NaN;
  const cost = (costs[operand] ?? Number.NaN) + op.cost;
  return cost <= mostCost ? cost : Number.NaN;
}
