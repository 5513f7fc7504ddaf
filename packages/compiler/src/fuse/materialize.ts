// Materialization: which entries are written to memory, and which are evaluated inside the kernels that read them. An entry is
// stored when
//   - it is a root, or neither a lane op nor a move;
//   - more than one kernel reads it, unless it is as cheap to compute as to read (see rematerialize.ts);
//   - it would be evaluated again for every element that it is broadcast to;
//   - a kernel needs it in memory;
//   - a kernel would become too long.
// Everything else is inlined into its consumer.

import { type Node, sameShape, sizeOf } from '@treadle/graph';
import { shouldLieFirst } from '@treadle/kernels';
import type { Capture, Entry } from '../trace/capture.ts';
import {
  type FusedExpression,
  fusedExpression,
  isMustStore,
  operandFor,
  type StoredEntries,
} from './lane-expression.ts';
import { isCheapToRecompute } from './rematerialize.ts';

/** For each entry whether it is to be stored: 1 or 0 (0 for a source, which lies in memory anyway). */
type StoredSet = Uint8Array;

/** Which entries are stored, and the expressions that compute them. */
export interface Materialized {
  readonly stored: StoredEntries;
  /** by stored entry, in ascending order: its expression, or that of the values that it reduces; undefined for a tiled op or a loop */
  readonly expressions: ReadonlyMap<number, FusedExpression | undefined>;
}

/** Chooses what is stored. Entries that strides cannot describe are added until every read is a strided view. */
export function materialize(capture: Capture): Materialized {
  const { entries } = capture;
  const forced = new Set([...capture.roots.map(({ at }) => at), ...splitLong(entries)]);
  for (;;) {
    const stored = withSlots(entries, chooseStored(entries, forced));
    const { expressions, missing } = buildExpressions(stored);
    if (missing.size === 0) return { stored, expressions };
    for (const at of missing) forced.add(at);
  }
}

interface StoredPositions extends StoredEntries {
  readonly set: StoredSet;
}

/** The slot of an entry is its position: which memory it gets is decided when groups are lowered. */
function withSlots(entries: readonly Entry[], set: StoredSet): StoredPositions {
  return { entries, set, slotOf: (at) => (set[at] === 1 || entries[at]?.node.source ? at : undefined) };
}

/** The most lane ops and moves in one kernel. A longer expression, such as an unrolled loop, is computed in several kernels. */
export const mostFused = 256;

/** Entries to be stored so that no expression becomes too long. */
function splitLong(entries: readonly Entry[]): readonly number[] {
  const ends: number[] = [];
  /** upper bound of how many entries are fused into each: one that is reached over two paths counts twice; 0 where fusion starts again */
  const most = new Float64Array(entries.length);
  const visited = new Int32Array(entries.length);
  entries.forEach(({ node, inputs }, at) => {
    let fused = 0;
    if (!node.source && (node.op?.kind === 'lane' || node.op?.kind === 'move')) {
      fused = 1;
      for (const input of inputs) fused += most[input] ?? 0;
    }
    if (fused > mostFused) fused = countFused(entries, at, most, visited);
    if (fused > mostFused) {
      ends.push(at);
      fused = 0;
    }
    most[at] = fused;
  });
  return ends;
}

/** How many entries are fused into entry `at`, exactly. `visited`: by entry, the one for which it was last counted. */
function countFused(entries: readonly Entry[], at: number, most: Float64Array, visited: Int32Array): number {
  let count = 1;
  const stack = [at];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const input of entries[next]?.inputs ?? []) {
      if (most[input] === 0 || visited[input] === at) continue;
      visited[input] = at;
      count++;
      stack.push(input);
    }
  }
  return count;
}

/** By entry: what its consumers need. Flags are 1 or 0. */
class Usages {
  /** a kernel that would evaluate the entry; −1 if there is none */
  readonly kernel: Int32Array;
  /** whether other kernels would evaluate it as well */
  readonly hasOthers: Uint8Array;
  /** elements of the largest kernel that would evaluate the entry */
  readonly iteration: Float64Array;
  /** whether a kernel needs it in memory, directly or through moves */
  readonly inMemory: Uint8Array;
  /** whether a consumer reads another element than i for its own element i */
  readonly isMoved: Uint8Array;

  constructor(entries: number) {
    this.kernel = new Int32Array(entries).fill(-1);
    this.hasOthers = new Uint8Array(entries);
    this.iteration = new Float64Array(entries);
    this.inMemory = new Uint8Array(entries);
    this.isMoved = new Uint8Array(entries);
  }
}

function chooseStored(entries: readonly Entry[], forced: ReadonlySet<number>): StoredSet {
  const sizes = Float64Array.from(entries, ({ node }) => sizeOf(node.shape));
  const isCheap = isCheapToRecompute(entries, sizes);
  const usages = new Usages(entries.length);
  const stored = new Uint8Array(entries.length);
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at];
    if (!entry || entry.node.source) continue;
    if (forced.has(at) || mustStore(entry.node, usages, at, sizes, isCheap)) stored[at] = 1;
    for (const input of entry.inputs) noteUsage(entries, usages, { at, input, sizes, isKernel: stored[at] === 1 });
  }
  return stored;
}

/** Notes that `at` reads `input`. `isKernel`: whether `at` has a kernel of its own, and is not inlined into others. */
function noteUsage(
  entries: readonly Entry[],
  { kernel, hasOthers, iteration, inMemory, isMoved }: Usages,
  { at, input, sizes, isKernel }: { at: number; input: number; sizes: Float64Array; isKernel: boolean },
): void {
  const [node, from] = [entries[at]?.node, entries[input]?.node];
  if (!node || !from) return;
  const { op } = node;
  const reader = isKernel ? at : (kernel[at] ?? -1);
  if (kernel[input] === -1) kernel[input] = reader;
  if (kernel[input] !== reader || (!isKernel && hasOthers[at])) hasOthers[input] = 1;
  const own = sizes[op?.kind === 'reduce' ? input : at] ?? 0;
  iteration[input] = Math.max(iteration[input] ?? 0, own, isKernel ? 0 : (iteration[at] ?? 0));
  if (op?.kind === 'tiled' || op?.kind === 'loop' || (op?.kind === 'move' && !isKernel && inMemory[at]))
    inMemory[input] = 1;
  const isSamePosition = op?.kind === 'reduce' || (op?.kind === 'lane' && sameShape(from.shape, node.shape));
  if (!isSamePosition || (!isKernel && isMoved[at])) isMoved[input] = 1;
}

function mustStore({ op }: Node, usages: Usages, at: number, sizes: Float64Array, isCheap: Uint8Array): boolean {
  switch (op?.kind) {
    case 'lane':
      return (
        (usages.hasOthers[at] === 1 && !isCheap[at]) ||
        usages.inMemory[at] === 1 ||
        (sizes[at] ?? 0) < (usages.iteration[at] ?? 0) ||
        (op.indexed === true && usages.isMoved[at] === 1)
      );
    case 'move':
      return false;
    default:
      return true;
  }
}

/** The expressions of what is stored, and entries that must be stored as well so that all reads are strided views. */
function buildExpressions(stored: StoredPositions): {
  readonly expressions: Map<number, FusedExpression | undefined>;
  readonly missing: ReadonlySet<number>;
} {
  const expressions = new Map<number, FusedExpression | undefined>();
  const missing = new Set<number>();
  stored.entries.forEach(({ node, inputs }, at) => {
    if (!stored.set[at]) return;
    const { op } = node;
    let expression: FusedExpression | undefined;
    if (op?.kind === 'part') return;
    if (op?.kind === 'tiled' || op?.kind === 'loop') {
      for (const input of inputs) {
        const operand = operandFor(stored, input);
        if (isMustStore(operand)) missing.add(operand.mustStore);
      }
    } else {
      const made = op?.kind === 'reduce' ? fusedExpression(stored, inputs, []) : fusedExpression(stored, [at], [at]);
      if (isMustStore(made)) missing.add(made.mustStore);
      else if (op?.kind === 'reduce' && shouldLieFirst(made, op.axes)) missing.add(inputs[0] ?? -1);
      else expression = made;
    }
    expressions.set(at, expression);
  });
  return { expressions, missing };
}
