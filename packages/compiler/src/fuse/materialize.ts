// Fusion: which entries are written to memory, and which are evaluated where they are read. An entry is stored when it is
// asked for, when it is no lane op or move, when more than one kernel reads it (unless it is as cheap to compute as to read, see
// recompute.ts), when it would be evaluated again for every element it is stretched to, when a kernel needs it to lie in memory, or when a kernel would become too long. Everything else
// melts into its reader.

import { type Node, sameShape, sizeOf } from '@treadle/graph';
import { shouldLieFirst } from '@treadle/kernels';
import type { Capture, Captured } from '../trace/capture.ts';
import { type FusedExpression, fusedExpression, isMustStore, operandFor, type Stored } from './lane-expression.ts';
import { isCheapToRecompute } from './rematerialize.ts';

/** For each entry whether it is to be stored: 1 or 0 (0 for a source, which lies in memory anyway). */
type StoredSet = Uint8Array;

/** What is stored, and by what it is computed. */
export interface Fused {
  readonly stored: Stored;
  /** for each entry that is computed on its own, in ascending order: its program, or that of what it reduces; none for a tiled op or a loop */
  readonly programs: ReadonlyMap<number, FusedExpression | undefined>;
}

export function fuse(capture: Capture): Fused {
  const { entries } = capture;
  const forced = new Set([...capture.roots.map(({ at }) => at), ...endsOfLong(entries)]);
  for (;;) {
    const stored = positions(entries, chooseStored(entries, forced));
    const { programs, missing } = buildPrograms(stored);
    if (missing.size === 0) return { stored, programs };
    for (const at of missing) forced.add(at);
  }
}

interface StoredEntries extends Stored {
  readonly set: StoredSet;
}

/** The slot of an entry is its position here: where it lies is not known yet. */
function positions(entries: readonly Captured[], set: StoredSet): StoredEntries {
  return { entries, set, slotOf: (at) => (set[at] === 1 || entries[at]?.node.source ? at : undefined) };
}

/** Lane ops and moves in one program, at most: what a loop unrolls is computed in parts. */
export const mostFused = 256;

/** Entries to be stored so that no program becomes too long. */
function endsOfLong(entries: readonly Captured[]): readonly number[] {
  const ends: number[] = [];
  /** how many are fused into each entry, at most: an entry that is reached on two ways may count twice; 0 where fusion begins anew */
  const most = new Float64Array(entries.length);
  const met = new Int32Array(entries.length);
  entries.forEach(({ node, inputs }, at) => {
    let fused = 0;
    if (!node.source && (node.op?.kind === 'lane' || node.op?.kind === 'move')) {
      fused = 1;
      for (const input of inputs) fused += most[input] ?? 0;
    }
    if (fused > mostFused) fused = countFused(entries, at, most, met);
    if (fused > mostFused) {
      ends.push(at);
      fused = 0;
    }
    most[at] = fused;
  });
  return ends;
}

/** How many are fused into an entry, exactly. `met` tells which entry each was last counted for. */
function countFused(entries: readonly Captured[], at: number, most: Float64Array, met: Int32Array): number {
  let count = 1;
  const stack = [at];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const input of entries[next]?.inputs ?? []) {
      if (most[input] === 0 || met[input] === at) continue;
      met[input] = at;
      count++;
      stack.push(input);
    }
  }
  return count;
}

/** What is known of each entry from its readers; flags are 1 or 0. */
class Uses {
  /** a kernel that would evaluate it; −1 while there is none */
  readonly kernel: Int32Array;
  /** whether other kernels would evaluate it as well */
  readonly hasOthers: Uint8Array;
  /** elements of the largest iteration that would evaluate it */
  readonly iteration: Float64Array;
  /** whether a kernel needs it in memory, be it through moves */
  readonly inMemory: Uint8Array;
  /** whether a reader sees its elements elsewhere than at their own positions */
  readonly isMoved: Uint8Array;

  constructor(entries: number) {
    this.kernel = new Int32Array(entries).fill(-1);
    this.hasOthers = new Uint8Array(entries);
    this.iteration = new Float64Array(entries);
    this.inMemory = new Uint8Array(entries);
    this.isMoved = new Uint8Array(entries);
  }
}

function chooseStored(entries: readonly Captured[], forced: ReadonlySet<number>): StoredSet {
  const sizes = Float64Array.from(entries, ({ node }) => sizeOf(node.shape));
  const isCheap = isCheapToRecompute(entries, sizes);
  const uses = new Uses(entries.length);
  const stored = new Uint8Array(entries.length);
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at];
    if (!entry || entry.node.source) continue;
    if (forced.has(at) || mustStore(entry.node, uses, at, sizes, isCheap)) stored[at] = 1;
    for (const input of entry.inputs) noteUse(entries, uses, { at, input, sizes, isKernel: stored[at] === 1 });
  }
  return stored;
}

/** Notes that `at` reads `input`, in a kernel of its own or, without one, in those that evaluate it. */
function noteUse(
  entries: readonly Captured[],
  { kernel, hasOthers, iteration, inMemory, isMoved }: Uses,
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
  const isInPlace = op?.kind === 'reduce' || (op?.kind === 'lane' && sameShape(from.shape, node.shape));
  if (!isInPlace || (!isKernel && isMoved[at])) isMoved[input] = 1;
}

function mustStore({ op }: Node, uses: Uses, at: number, sizes: Float64Array, isCheap: Uint8Array): boolean {
  switch (op?.kind) {
    case 'lane':
      return (
        (uses.hasOthers[at] === 1 && !isCheap[at]) ||
        uses.inMemory[at] === 1 ||
        (sizes[at] ?? 0) < (uses.iteration[at] ?? 0) ||
        (op.indexed === true && uses.isMoved[at] === 1)
      );
    case 'move':
      return false;
    default:
      return true;
  }
}

/** The programs of what is stored, and entries that have to be stored as well for all reads to be strided views. */
function buildPrograms(stored: StoredEntries): {
  readonly programs: Map<number, FusedExpression | undefined>;
  readonly missing: ReadonlySet<number>;
} {
  const programs = new Map<number, FusedExpression | undefined>();
  const missing = new Set<number>();
  stored.entries.forEach(({ node, inputs }, at) => {
    if (!stored.set[at]) return;
    const { op } = node;
    let program: FusedExpression | undefined;
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
      else program = made;
    }
    programs.set(at, program);
  });
  return { programs, missing };
}
