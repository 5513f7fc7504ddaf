// Materialization: which entries are written to memory, and which are evaluated inside the kernels that read them. An entry is
// stored when
//   - it is a root, or neither a lane op nor a move;
//   - more than one kernel reads it, unless it is as cheap to compute as to read (see rematerialize.ts);
//   - it would be evaluated again for every element that it is broadcast to;
//   - a kernel needs it in memory;
//   - a kernel would become too long.
// Everything else is inlined into its consumer.

import { sameShape, sizeOf } from '@treadle/graph';
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

/** Positions of the entries to be stored (sources, which lie in memory anyway, are not among them). */
export type StoredSet = ReadonlySet<number>;

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
  return { entries, set, slotOf: (at) => (set.has(at) || entries[at]?.node.source ? at : undefined) };
}

/** The most lane ops and moves in one kernel. A longer expression, such as an unrolled loop, is computed in several kernels. */
export const mostFused = 256;

/** Entries to be stored so that no expression becomes too long. */
function splitLong(entries: readonly Entry[]): readonly number[] {
  const ends: number[] = [];
  /** upper bound of how many entries are fused into each: one that is reached over two paths counts twice; 0 where fusion starts again */
  const most: number[] = [];
  entries.forEach(({ node, inputs }, at) => {
    const isInlined = !node.source && (node.op?.kind === 'lane' || node.op?.kind === 'move');
    most.push(isInlined ? inputs.reduce((sum, input) => sum + (most[input] ?? 0), 1) : 0);
    if ((most[at] ?? 0) <= mostFused) return;
    const exact = countFused(entries, at, (input) => most[input] !== 0);
    if (exact > mostFused) ends.push(at);
    most[at] = exact > mostFused ? 0 : exact;
  });
  return ends;
}

function countFused(entries: readonly Entry[], at: number, isInlined: (input: number) => boolean): number {
  const all = new Set([at]);
  const stack = [...(entries[at]?.inputs ?? [])];
  for (let input = stack.pop(); input !== undefined; input = stack.pop()) {
    if (!isInlined(input) || all.has(input)) continue;
    all.add(input);
    stack.push(...(entries[input]?.inputs ?? []));
  }
  return all.size;
}

/** What the consumers of an entry need. */
interface Usage {
  /** a kernel that would evaluate the entry, and whether there are others */
  kernel: number | undefined;
  hasOthers: boolean;
  /** elements of the largest kernel that would evaluate the entry */
  iteration: number;
  /** whether a kernel needs it in memory, directly or through moves */
  inMemory: boolean;
  /** whether every consumer reads element i for its own element i */
  inPlace: boolean;
}

function chooseStored(entries: readonly Entry[], forced: ReadonlySet<number>): StoredSet {
  const uses = entries.map(
    (): Usage => ({ kernel: undefined, hasOthers: false, iteration: 0, inMemory: false, inPlace: true }),
  );
  const evaluateIn = (of: Usage, kernel: number | undefined): void => {
    of.kernel ??= kernel;
    of.hasOthers ||= of.kernel !== kernel;
  };
  const isCheap = isCheapToRecompute(entries);
  const stored = new Set<number>();
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at];
    const use = uses[at];
    if (!entry || !use || entry.node.source) continue;
    const { op } = entry.node;
    if (forced.has(at) || mustStore(entry, use, isCheap[at] ?? false)) stored.add(at);
    for (const input of entry.inputs) {
      const of = uses[input];
      const node = entries[input]?.node;
      if (!of || !node) continue;
      const isKernel = stored.has(at);
      evaluateIn(of, isKernel ? at : use.kernel);
      of.hasOthers ||= !isKernel && use.hasOthers;
      const iteration = op?.kind === 'reduce' ? sizeOf(node.shape) : sizeOf(entry.node.shape);
      of.iteration = Math.max(of.iteration, iteration, isKernel ? 0 : use.iteration);
      of.inMemory ||= op?.kind === 'tiled' || op?.kind === 'loop' || (op?.kind === 'move' && !isKernel && use.inMemory);
      const isSamePosition = op?.kind === 'reduce' || (op?.kind === 'lane' && sameShape(node.shape, entry.node.shape));
      of.inPlace &&= isSamePosition && (isKernel || use.inPlace);
    }
  }
  return stored;
}

function mustStore({ node }: Entry, use: Usage, isCheap: boolean): boolean {
  switch (node.op?.kind) {
    case 'lane':
      return (
        (use.hasOthers && !isCheap) ||
        use.inMemory ||
        sizeOf(node.shape) < use.iteration ||
        (node.op.indexed === true && !use.inPlace)
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
  for (const at of [...stored.set].sort((a, b) => a - b)) {
    const { node, inputs } = stored.entries[at] ?? {};
    if (!node || !inputs) continue;
    const { op } = node;
    let expression: FusedExpression | undefined;
    if (op?.kind === 'part') continue;
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
  }
  return { expressions, missing };
}
