// Rematerialization: which entries are as cheap to compute in each of their consumers as to read. Such an entry is a few simple
// operations on one large operand that lies in memory anyway and on small ones, such as x − mean. Storing it would cost a pass over
// memory, and its consumers would read as many bytes as before.

import { sameShape, sizeOf } from '@treadle/graph';
import type { Entry } from '../trace/capture.ts';

/** estimated nanoseconds for each element, of all operations on the operand: less than writing an element takes */
const mostCost = 0.35;
/** an operand is small if it has at most this part of the entry's elements */
const smallPart = 1 / 8;

/** For each entry whether it is cheap to compute again. Entries come after their inputs. */
export function isCheapToRecompute(entries: readonly Entry[]): readonly boolean[] {
  /** by entry: nanoseconds for each element to compute it from memory; undefined where it is not a chain on one large operand */
  const costs: (number | undefined)[] = [];
  for (const entry of entries) costs.push(costOf(entries, entry, costs));
  return entries.map(({ node }, at) => node.op?.kind === 'lane' && costs[at] !== undefined);
}

function costOf(
  entries: readonly Entry[],
  { node, inputs }: Entry,
  costs: readonly (number | undefined)[],
): number | undefined {
  const { op, source, shape } = node;
  // A variable can be written in place only after its last reader, so it should have few readers.
  if (source) return source.kind === 'variable' ? undefined : 0;
  if (op?.kind === 'tiled' || op?.kind === 'reduce') return 0;
  if (op?.kind === 'move') return op.keepsOrder ? costs[inputs[0] ?? -1] : undefined;
  if (op?.kind !== 'lane' || op.indexed) return undefined;
  const large = inputs.filter((input) => storedSizeOf(entries, input) > smallPart * sizeOf(shape));
  const [operand = -1] = large;
  if (large.some((input) => input !== operand) || !sameShape(entries[operand]?.node.shape ?? [], shape))
    return undefined;
  const before = costs[operand];
  const cost = before === undefined ? undefined : before + op.cost;
  return cost !== undefined && cost <= mostCost ? cost : undefined;
}

/** How many elements of memory an entry is read from: a broadcast one is as small as what was broadcast. */
function storedSizeOf(entries: readonly Entry[], at: number): number {
  const { node, inputs } = entries[at] ?? {};
  if (!node || !inputs) return 0;
  const size = sizeOf(node.shape);
  return node.op?.kind === 'move' ? Math.min(size, storedSizeOf(entries, inputs[0] ?? -1)) : size;
}
