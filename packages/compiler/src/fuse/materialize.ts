// Fusion: which entries are written to memory, and which are evaluated where they are read. An entry is stored when it is
// asked for, when it is no lane op or move, when more than one kernel reads it (unless it is as cheap to compute as to read, see
// recompute.ts), when it would be evaluated again for every element it is stretched to, when a kernel needs it to lie in memory, or when a kernel would become too long. Everything else
// melts into its reader.

import { sameShape, sizeOf } from '@treadle/graph';
import { shouldLieFirst } from '@treadle/kernels';
import type { Capture, Captured } from '../trace/capture.ts';
import { type FusedExpression, fusedExpression, isMustStore, operandFor, type Stored } from './lane-expression.ts';
import { isCheapToRecompute } from './rematerialize.ts';

/** Positions of the entries to be stored (sources, which lie in memory anyway, are not among them). */
export type StoredSet = ReadonlySet<number>;

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
  return { entries, set, slotOf: (at) => (set.has(at) || entries[at]?.node.source ? at : undefined) };
}

/** Lane ops and moves in one program, at most: what a loop unrolls is computed in parts. */
export const mostFused = 256;

/** Entries to be stored so that no program becomes too long. */
function endsOfLong(entries: readonly Captured[]): readonly number[] {
  const ends: number[] = [];
  /** how many are fused into each entry, at most: an entry that is reached on two ways may count twice; 0 where fusion begins anew */
  const most: number[] = [];
  entries.forEach(({ node, inputs }, at) => {
    const melts = !node.source && (node.op?.kind === 'lane' || node.op?.kind === 'move');
    most.push(melts ? inputs.reduce((sum, input) => sum + (most[input] ?? 0), 1) : 0);
    if ((most[at] ?? 0) <= mostFused) return;
    const exact = countFused(entries, at, (input) => most[input] !== 0);
    if (exact > mostFused) ends.push(at);
    most[at] = exact > mostFused ? 0 : exact;
  });
  return ends;
}

function countFused(entries: readonly Captured[], at: number, melts: (input: number) => boolean): number {
  const all = new Set([at]);
  const stack = [...(entries[at]?.inputs ?? [])];
  for (let input = stack.pop(); input !== undefined; input = stack.pop()) {
    if (!melts(input) || all.has(input)) continue;
    all.add(input);
    stack.push(...(entries[input]?.inputs ?? []));
  }
  return all.size;
}

/** What is known of an entry from its readers. */
interface Use {
  /** a kernel that would evaluate it, and whether there are others */
  kernel: number | undefined;
  hasOthers: boolean;
  /** elements of the largest iteration that would evaluate it */
  iteration: number;
  /** whether a kernel needs it in memory, be it through moves */
  inMemory: boolean;
  /** whether every reader sees its elements at their own positions */
  inPlace: boolean;
}

function chooseStored(entries: readonly Captured[], forced: ReadonlySet<number>): StoredSet {
  const uses = entries.map(
    (): Use => ({ kernel: undefined, hasOthers: false, iteration: 0, inMemory: false, inPlace: true }),
  );
  const evaluateIn = (of: Use, kernel: number | undefined): void => {
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
      const sameplace = op?.kind === 'reduce' || (op?.kind === 'lane' && sameShape(node.shape, entry.node.shape));
      of.inPlace &&= sameplace && (isKernel || use.inPlace);
    }
  }
  return stored;
}

function mustStore({ node }: Captured, use: Use, isCheap: boolean): boolean {
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

/** The programs of what is stored, and entries that have to be stored as well for all reads to be strided views. */
function buildPrograms(stored: StoredEntries): {
  readonly programs: Map<number, FusedExpression | undefined>;
  readonly missing: ReadonlySet<number>;
} {
  const programs = new Map<number, FusedExpression | undefined>();
  const missing = new Set<number>();
  for (const at of [...stored.set].sort((a, b) => a - b)) {
    const { node, inputs } = stored.entries[at] ?? {};
    if (!node || !inputs) continue;
    const { op } = node;
    let program: FusedExpression | undefined;
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
      else program = made;
    }
    programs.set(at, program);
  }
  return { programs, missing };
}
