// A fused elementwise expression: the lane ops that one kernel evaluates for each element of its shape, and the loads they start from.
// Moves between them are absorbed into the views of the loads, so a transposition or a broadcast costs no pass over memory. Knows
// nothing of where entries lie: an operand's slot is a position in the capture until the group is lowered.

import {
  broadcastView,
  denseView,
  dtypes,
  isFloat,
  type LaneOp,
  laneOf,
  type Node,
  type Op,
  type Shape,
  sameShape,
} from '@treadle/graph';
import type { Lane, Operand, Slot, View } from '@treadle/kernels';
import { type Expr, type FunctionBuilder, reinterpret } from '@treadle/wasm';
import type { Entry } from '../trace/capture.ts';

/** The entries that lie in memory. */
export interface StoredEntries {
  readonly entries: readonly Entry[];
  /** the slot of an entry that lies in memory; undefined for one that is inlined into its consumers */
  slotOf(at: number): Slot | undefined;
}

type Term =
  | { readonly kind: 'load'; readonly load: number }
  | { readonly kind: 'apply'; readonly op: LaneOp; readonly inputs: readonly number[] };

/** Lane ops that are evaluated together, for each element of `shape`. */
export interface FusedExpression {
  readonly shape: Shape;
  readonly loads: readonly { readonly operand: Operand; readonly type: Lane }[];
  readonly cost: number;
  /** whether one of its ops reads the index of the element */
  readonly isIndexed: boolean;
  /** names of the fused ops, in the order of evaluation */
  readonly ops: readonly string[];
  /** floating-point operations for each element: one for each fused op with a float32 result */
  readonly flops: number;
  /** equal for expressions that do the same to their loads */
  readonly key: string;
  /** one expression for each output */
  body(f: FunctionBuilder, values: readonly Expr<Lane>[], index: () => Expr<'i32x4'>): readonly Expr<Lane>[];
}

/** The result where strides cannot describe a move: the named entry must be stored first. */
export interface MustStore {
  readonly mustStore: number;
}

/** Whether the result is that an entry must be stored first. */
export function isMustStore(x: object): x is MustStore {
  return 'mustStore' in x;
}

/** One step of an access path: a move entry of the graph, or the broadcast of a lane op's input. */
type PathStep =
  | { readonly move: Extract<Op, { kind: 'move' }>; readonly at: number; readonly input: number }
  | { readonly broadcast: Shape };

/** The moves and broadcasts from a value to where it is used: the first step, and the path after it. The empty path has no step. */
interface AccessPath {
  readonly step?: PathStep;
  readonly rest?: AccessPath;
}

const emptyPath: AccessPath = {};

/** The view of a stored entry of this shape at the end of an access path. */
function viewAlong(shape: Shape, path: AccessPath): View | MustStore {
  let view = denseView(shape);
  for (let { step, rest } = path; step; { step, rest } = rest ?? emptyPath) {
    if ('broadcast' in step) {
      view = broadcastView(view, step.broadcast);
      continue;
    }
    const moved = step.move.view(view);
    if (!moved) return { mustStore: step.input };
    view = moved;
  }
  return view;
}

function moveStep({ op }: Node, at: number, input: number): PathStep {
  if (op?.kind !== 'move') throw new Error('internal: only moves can be stepped through');
  return { move: op, at, input };
}

/** The access paths of one expression. Equal paths have the same number; 0 is the empty path. */
class AccessPaths {
  readonly #paths: AccessPath[] = [emptyPath];

  at(number: number): AccessPath {
    return this.#paths[number] ?? emptyPath;
  }

  /** The number of the path that takes a step and then follows path `number`. */
  prepend(step: PathStep, number: number): number {
    const rest = this.at(number);
    const known = this.#paths.findIndex((path) => path.rest === rest && path.step && isSameStep(path.step, step));
    return known >= 0 ? known : this.#paths.push({ step, rest }) - 1;
  }
}

function isSameStep(a: PathStep, b: PathStep): boolean {
  if ('broadcast' in a) return 'broadcast' in b && sameShape(a.broadcast, b.broadcast);
  return 'move' in b && a.at === b.at;
}

/** The operand that a tiled op reads for an entry: a stored entry seen through moves. */
export function operandFor(stored: StoredEntries, at: number): Operand | MustStore {
  let path = emptyPath;
  let current = at;
  for (;;) {
    const slot = stored.slotOf(current);
    const entry = stored.entries[current];
    if (!entry) throw new Error('internal: no such entry');
    if (slot !== undefined) {
      const view = viewAlong(entry.node.shape, path);
      return 'mustStore' in view ? view : { slot, view, narrow: dtypes[entry.node.dtype].narrow };
    }
    const input = entry.inputs[0] ?? -1;
    if (entry.node.op?.kind !== 'move') return { mustStore: current };
    path = { step: moveStep(entry.node, current, input), rest: path };
    current = input;
  }
}

/** The same for an entry that is known to be stored. Throws an internal error otherwise. */
export function storedOperand(stored: StoredEntries, at: number): Operand {
  const operand = operandFor(stored, at);
  if (isMustStore(operand)) throw new Error('internal: an operand was not stored');
  return operand;
}

/**
 * The expression whose results are the entries `outputs`, all of one shape. The entries `computed` are evaluated although they are
 * stored; all other stored entries are loaded.
 */
export function fusedExpression(
  stored: StoredEntries,
  outputs: readonly number[],
  computed: readonly number[],
): FusedExpression | MustStore {
  const terms: Term[] = [];
  const loads: { operand: Operand; type: Lane }[] = [];
  const paths = new AccessPaths();
  /** the terms made so far, by entry and access path */
  const known = new Map<number, number>();
  const ops: string[] = [];
  let cost = 0;
  let flops = 0;
  let isIndexed = false;
  let failure: MustStore | undefined;

  const term = (entryAt: number, path: number): number => {
    const key = path * stored.entries.length + entryAt;
    const before = known.get(key);
    if (before !== undefined) return before;
    const entry = stored.entries[entryAt];
    if (!entry) throw new Error('internal: no such entry');
    const { node, inputs } = entry;
    const slot = computed.includes(entryAt) ? undefined : stored.slotOf(entryAt);
    let made: Term;
    if (slot !== undefined || node.source) {
      const view = viewAlong(node.shape, paths.at(path));
      if ('mustStore' in view) {
        failure ??= view;
        return 0;
      }
      made = { kind: 'load', load: loads.length };
      const from = slot ?? stored.slotOf(entryAt) ?? -1;
      loads.push({ operand: { slot: from, view, narrow: dtypes[node.dtype].narrow }, type: laneOf(node.dtype) });
    } else if (node.op?.kind === 'move') {
      const input = inputs[0] ?? -1;
      return term(input, paths.prepend(moveStep(node, entryAt, input), path));
    } else if (node.op?.kind === 'lane') {
      const op = node.op;
      const operands = inputs.map((input) => {
        const shape = stored.entries[input]?.node.shape ?? [];
        return term(input, sameShape(shape, node.shape) ? path : paths.prepend({ broadcast: node.shape }, path));
      });
      made = { kind: 'apply', op, inputs: operands };
      ops.push(op.name);
      cost += op.cost;
      if (isFloat(node.dtype)) flops++;
      isIndexed ||= op.indexed === true;
    } else {
      failure ??= { mustStore: entryAt };
      return 0;
    }
    terms.push(made);
    known.set(key, terms.length - 1);
    return terms.length - 1;
  };

  const results = outputs.map((at) => term(at, 0));
  if (failure) return failure;
  const shape = stored.entries[outputs[0] ?? -1]?.node.shape ?? [];
  const key = keyOf(terms, loads, results);
  const body = emitBody(terms, results);
  return { shape, loads, cost: cost + 0.1 * loads.length, isIndexed, ops, flops, key, body };
}

function keyOf(terms: readonly Term[], loads: FusedExpression['loads'], results: readonly number[]): string {
  const texts = terms.map((term) =>
    term.kind === 'load' ? `${loads[term.load]?.type} ${term.load}` : `${term.op.key}(${term.inputs})`,
  );
  return `${texts.join(' ')} → ${results}`;
}

function emitBody(terms: readonly Term[], results: readonly number[]): FusedExpression['body'] {
  return (f, values, index) => {
    const done: Expr<Lane>[] = [];
    const value = (i: number | undefined): Expr<Lane> => {
      const found = done[i ?? -1];
      if (!found) throw new Error('internal: a term is read before it is computed');
      return found;
    };
    for (const term of terms) {
      if (term.kind === 'load') {
        const loaded = values[term.load];
        if (!loaded) throw new Error('internal: a load is missing');
        done.push(loaded);
        continue;
      }
      const inputs = {
        float: (i: number) => reinterpret('f32x4', value(term.inputs[i])),
        int: (i: number) => reinterpret('i32x4', value(term.inputs[i])),
        index,
      };
      done.push(f.let(term.op.lane(f, inputs)));
    }
    return results.map(value);
  };
}
