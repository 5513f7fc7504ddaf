// Fusion: which entries are written to memory, and which are evaluated where they are read. An entry is stored when it is
// asked for, when it is no lane op or move, when more than one kernel reads it, when it would be evaluated again for every
// element it is stretched to, when a kernel needs it to lie in memory, or when a kernel would become too long. Everything else
// melts into its reader.

import { sameShape, sizeOf } from '@treadle/graph';
import { shouldLieFirst } from '@treadle/kernels';
import type { Capture, Captured } from './capture.ts';
import { buildProgram, isMustStore, operandFor, type Stored } from './program.ts';

/** Positions of the entries to be stored (sources, which lie in memory anyway, are not among them). */
export type StoredSet = ReadonlySet<number>;

export function fuse(capture: Capture): StoredSet {
  const forced = new Set([...capture.roots.map(({ at }) => at), ...endsOfLong(capture.entries)]);
  for (;;) {
    const stored = chooseStored(capture.entries, forced);
    const missing = findUnreachable(capture.entries, stored);
    if (missing === undefined) return stored;
    forced.add(missing);
  }
}

/** Lane ops and moves in one program, at most: what a loop unrolls is computed in parts. */
export const mostFused = 256;

/** Entries to be stored so that no program becomes too long. */
function endsOfLong(entries: readonly Captured[]): readonly number[] {
  const ends: number[] = [];
  const fused: ReadonlySet<number>[] = [];
  entries.forEach(({ node, inputs }, at) => {
    const melts = !node.source && (node.op?.kind === 'lane' || node.op?.kind === 'move');
    let all: ReadonlySet<number> = melts ? new Set([at, ...inputs.flatMap((i) => [...(fused[i] ?? [])])]) : new Set();
    if (all.size > mostFused) {
      ends.push(at);
      all = new Set();
    }
    fused.push(all);
  });
  return ends;
}

/** What is known of an entry from its readers. */
interface Use {
  /** the kernels that would evaluate it */
  readonly kernels: Set<number>;
  /** elements of the largest iteration that would evaluate it */
  iteration: number;
  /** whether a kernel needs it in memory, be it through moves */
  inMemory: boolean;
  /** whether every reader sees its elements at their own positions */
  inPlace: boolean;
}

function chooseStored(entries: readonly Captured[], forced: ReadonlySet<number>): StoredSet {
  const uses = entries.map((): Use => ({ kernels: new Set(), iteration: 0, inMemory: false, inPlace: true }));
  const stored = new Set<number>();
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at];
    const use = uses[at];
    if (!entry || !use || entry.node.source) continue;
    const { op } = entry.node;
    if (forced.has(at) || mustStore(entry, use)) stored.add(at);
    for (const input of entry.inputs) {
      const of = uses[input];
      const node = entries[input]?.node;
      if (!of || !node) continue;
      const isKernel = stored.has(at);
      if (isKernel) of.kernels.add(at);
      else for (const kernel of use.kernels) of.kernels.add(kernel);
      const iteration = op?.kind === 'reduce' ? sizeOf(node.shape) : sizeOf(entry.node.shape);
      of.iteration = Math.max(of.iteration, iteration, isKernel ? 0 : use.iteration);
      of.inMemory ||= op?.kind === 'tiled' || (op?.kind === 'move' && !isKernel && use.inMemory);
      const sameplace = op?.kind === 'reduce' || (op?.kind === 'lane' && sameShape(node.shape, entry.node.shape));
      of.inPlace &&= sameplace && (isKernel || use.inPlace);
    }
  }
  return stored;
}

function mustStore({ node }: Captured, use: Use): boolean {
  switch (node.op?.kind) {
    case 'lane':
      return (
        use.kernels.size > 1 ||
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

/** An entry that has to be stored for some kernel's reads to be strided views; undefined when all are. */
function findUnreachable(entries: readonly Captured[], storedSet: StoredSet): number | undefined {
  const stored: Stored = {
    entries,
    slotOf: (at) => (storedSet.has(at) || entries[at]?.node.source ? at : undefined),
  };
  for (const at of storedSet) {
    const entry = entries[at];
    if (!entry) continue;
    const kind = entry.node.op?.kind;
    if (kind === 'tiled') {
      for (const input of entry.inputs) {
        const operand = operandFor(stored, input);
        if (isMustStore(operand)) return operand.mustStore;
      }
      continue;
    }
    const { op } = entry.node;
    const program = op?.kind === 'reduce' ? buildProgram(stored, entry.inputs, []) : buildProgram(stored, [at], [at]);
    if (isMustStore(program)) return program.mustStore;
    if (op?.kind === 'reduce' && shouldLieFirst(program, op.axes)) return entry.inputs[0];
  }
  return undefined;
}
