// A fused elementwise expression: the lane ops that one kernel evaluates for each element of its shape, and the loads they start from.
// Moves between them are absorbed into the views of the loads, so a transposition or a broadcast costs no pass over memory. Knows
// nothing of where entries lie: an operand's slot is a position in the capture until the group is lowered.

import { broadcastView, denseView, type LaneOp, type Node, type Op, type Shape, sameShape } from '@treadle/graph';
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

/** One step of an access path: a move of the graph, or the broadcast of a lane op's input. */
type PathStep =
  | { readonly move: Extract<Op, { kind: 'move' }>; readonly input: number }
  | { readonly broadcast: Shape };

/** The moves and broadcasts from a value to where it is used, the last one first; equal keys mean equal paths. */
interface AccessPath {
  readonly key: string;
  readonly steps: readonly PathStep[];
}

const emptyPath: AccessPath = { key: '', steps: [] };

/** The view of a stored entry of this shape at the end of an access path. */
function viewAlong(shape: Shape, path: AccessPath): View | MustStore {
  let view = denseView(shape);
  for (let i = path.steps.length - 1; i >= 0; i--) {
    const step = path.steps[i];
    if (!step) continue;
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

function stepThrough(path: AccessPath, at: number, node: Node, input: number): AccessPath {
  if (node.op?.kind !== 'move') throw new Error('internal: only moves can be stepped through');
  return { key: `${path.key} ${at}`, steps: [...path.steps, { move: node.op, input }] };
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
      return 'mustStore' in view ? view : { slot, view };
    }
    const input = entry.inputs[0] ?? -1;
    if (entry.node.op?.kind !== 'move') return { mustStore: current };
    path = stepThrough(path, current, entry.node, input);
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
  /** the terms made so far, by entry and access path */
  const known = new Map<string | number, number>();
  const ops: string[] = [];
  let cost = 0;
  let flops = 0;
  let isIndexed = false;
  let failure: MustStore | undefined;

  const term = (entryAt: number, path: AccessPath): number => {
    const key = path === emptyPath ? entryAt : `${entryAt}:${path.key}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const entry = stored.entries[entryAt];
    if (!entry) throw new Error('internal: no such entry');
    const { node, inputs } = entry;
    const slot = computed.includes(entryAt) ? undefined : stored.slotOf(entryAt);
    let made: Term;
    if (slot !== undefined || node.source) {
      const view = viewAlong(node.shape, path);
      if ('mustStore' in view) {
        failure ??= view;
        return 0;
      }
      made = { kind: 'load', load: loads.length };
      const from = slot ?? stored.slotOf(entryAt) ?? -1;
      loads.push({ operand: { slot: from, view }, type: node.dtype === 'float32' ? 'f32x4' : 'i32x4' });
    } else if (node.op?.kind === 'move') {
      const input = inputs[0] ?? -1;
      return term(input, stepThrough(path, entryAt, node, input));
    } else if (node.op?.kind === 'lane') {
      const op = node.op;
      const operands = inputs.map((input) => {
        const shape = stored.entries[input]?.node.shape ?? [];
        if (sameShape(shape, node.shape)) return term(input, path);
        const steps = [...path.steps, { broadcast: node.shape }];
        return term(input, { key: `${path.key} b${node.shape}`, steps });
      });
      made = { kind: 'apply', op, inputs: operands };
      ops.push(op.name);
      cost += op.cost;
      if (node.dtype === 'float32') flops++;
      isIndexed ||= op.indexed === true;
    } else {
      failure ??= { mustStore: entryAt };
      return 0;
    }
    terms.push(made);
    known.set(key, terms.length - 1);
    return terms.length - 1;
  };

  const results = outputs.map((at) => term(at, emptyPath));
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
