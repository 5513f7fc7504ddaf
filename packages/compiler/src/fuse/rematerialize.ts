// Which entries are as cheap to compute in each of their readers as to read: a few simple operations on one large operand that
// lies in memory anyway, the others being small, such as x − mean. To store them would cost a pass over memory, and readers would
// read as many bytes as before.

import { sameShape, sizeOf } from '@treadle/graph';
import type { Captured } from '../trace/capture.ts';

/** nanoseconds an element, roughly, of all operations since the operand was read: less than writing an element takes */
const cheap = 0.35;
/** an operand is small if it has this part of the elements at most */
const smallPart = 1 / 8;

/** For each entry whether it is so cheap. Entries come after their inputs. */
export function isCheapToRecompute(entries: readonly Captured[]): readonly boolean[] {
  /** what it costs to compute an entry from what lies in memory; undefined where that is not so simple */
  const costs: (number | undefined)[] = [];
  for (const entry of entries) costs.push(costOf(entries, entry, costs));
  return entries.map(({ node }, at) => node.op?.kind === 'lane' && costs[at] !== undefined);
}

function costOf(
  entries: readonly Captured[],
  { node, inputs }: Captured,
  costs: readonly (number | undefined)[],
): number | undefined {
  const { op, source, shape } = node;
  // A variable may be written in place once all have read it: the fewer they are, the better.
  if (source) return source.kind === 'variable' ? undefined : 0;
  if (op?.kind === 'tiled' || op?.kind === 'reduce') return 0;
  if (op?.kind === 'move') return op.keepsOrder ? costs[inputs[0] ?? -1] : undefined;
  if (op?.kind !== 'lane' || op.indexed) return undefined;
  const large = inputs.filter((input) => lyingIn(entries, input) > smallPart * sizeOf(shape));
  const [operand = -1] = large;
  if (large.some((input) => input !== operand) || !sameShape(entries[operand]?.node.shape ?? [], shape))
    return undefined;
  const before = costs[operand];
  const cost = before === undefined ? undefined : before + op.cost;
  return cost !== undefined && cost <= cheap ? cost : undefined;
}

/** How many elements an entry is read from: a stretched one is as small as what was stretched. */
function lyingIn(entries: readonly Captured[], at: number): number {
  const { node, inputs } = entries[at] ?? {};
  if (!node || !inputs) return 0;
  const size = sizeOf(node.shape);
  return node.op?.kind === 'move' ? Math.min(size, lyingIn(entries, inputs[0] ?? -1)) : size;
}
