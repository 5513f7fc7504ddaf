// A fused elementwise program: the lane ops that one kernel evaluates for each element of its iteration shape, and the loads
// they start from. Moves on the way are absorbed into the views of the loads.

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
import type { Captured } from '../trace/capture.ts';

/** What a program reads from: which entries lie in memory, and where. */
export interface Stored {
  readonly entries: readonly Captured[];
  /** the slot of an entry that lies in memory; undefined for one that is evaluated where it is read */
  slotOf(at: number): Slot | undefined;
}

type Term =
  | { readonly kind: 'load'; readonly load: number }
  | { readonly kind: 'apply'; readonly op: LaneOp; readonly inputs: readonly number[] };

export interface FusedExpression {
  readonly shape: Shape;
  readonly loads: readonly { readonly operand: Operand; readonly type: Lane }[];
  readonly cost: number;
  /** whether it reads indices */
  readonly isIndexed: boolean;
  /** names of the fused ops, first to last */
  readonly ops: readonly string[];
  /** floating-point operations for an element: the fused ops with a float32 result */
  readonly flops: number;
  /** equal for programs that do the same to their loads */
  readonly key: string;
  /** one expression for each output */
  body(f: FunctionBuilder, values: readonly Expr<Lane>[], index: () => Expr<'i32x4'>): readonly Expr<Lane>[];
}

/** A reshape that strides cannot say: the entry named must lie in memory first. */
export interface MustStore {
  readonly mustStore: number;
}

export function isMustStore(x: object): x is MustStore {
  return 'mustStore' in x;
}

/** One step of the way from a load to the iteration: a move node of the graph, or the stretching of a lane op's input. */
type Step = { readonly move: Extract<Op, { kind: 'move' }>; readonly input: number } | { readonly stretch: Shape };

/** The way from a value to where it is used; `key` tells ways apart. */
interface Way {
  readonly key: string;
  readonly steps: readonly Step[];
}

const here: Way = { key: '', steps: [] };

/** The view through which an entry that lies in memory is seen at the end of the way (steps are listed last first). */
function viewAlong(shape: Shape, way: Way): View | MustStore {
  let view = denseView(shape);
  for (let i = way.steps.length - 1; i >= 0; i--) {
    const step = way.steps[i];
    if (!step) continue;
    if ('stretch' in step) {
      view = broadcastView(view, step.stretch);
      continue;
    }
    const moved = step.move.view(view);
    if (!moved) return { mustStore: step.input };
    view = moved;
  }
  return view;
}

function stepThrough(way: Way, at: number, node: Node, input: number): Way {
  if (node.op?.kind !== 'move') throw new Error('internal: only moves can be stepped through');
  return { key: `${way.key} ${at}`, steps: [...way.steps, { move: node.op, input }] };
}

/** The operand that a kernel with operands in memory reads for an entry: a stored one seen through moves. */
export function operandFor(stored: Stored, at: number): Operand | MustStore {
  let way = here;
  let current = at;
  for (;;) {
    const slot = stored.slotOf(current);
    const entry = stored.entries[current];
    if (!entry) throw new Error('internal: no such entry');
    if (slot !== undefined) {
      const view = viewAlong(entry.node.shape, way);
      return 'mustStore' in view ? view : { slot, view, narrow: dtypes[entry.node.dtype].narrow };
    }
    const input = entry.inputs[0] ?? -1;
    if (entry.node.op?.kind !== 'move') return { mustStore: current };
    way = stepThrough(way, current, entry.node, input);
    current = input;
  }
}

/** The same for an entry that must have been stored by now. */
export function storedOperand(stored: Stored, at: number): Operand {
  const operand = operandFor(stored, at);
  if (isMustStore(operand)) throw new Error('internal: an operand was not stored');
  return operand;
}

/**
 * The program whose results are the entries `outputs`, all of one shape. Those among `computed` are evaluated although they
 * have slots of their own.
 */
export function fusedExpression(
  stored: Stored,
  outputs: readonly number[],
  computed: readonly number[],
): FusedExpression | MustStore {
  const terms: Term[] = [];
  const loads: { operand: Operand; type: Lane }[] = [];
  /** the terms made so far, by their entries, or by entries and ways */
  const known = new Map<string | number, number>();
  const ops: string[] = [];
  let cost = 0;
  let flops = 0;
  let isIndexed = false;
  let failure: MustStore | undefined;

  const term = (entryAt: number, way: Way): number => {
    const key = way === here ? entryAt : `${entryAt}:${way.key}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const entry = stored.entries[entryAt];
    if (!entry) throw new Error('internal: no such entry');
    const { node, inputs } = entry;
    const slot = computed.includes(entryAt) ? undefined : stored.slotOf(entryAt);
    let made: Term;
    if (slot !== undefined || node.source) {
      const view = viewAlong(node.shape, way);
      if ('mustStore' in view) {
        failure ??= view;
        return 0;
      }
      made = { kind: 'load', load: loads.length };
      const from = slot ?? stored.slotOf(entryAt) ?? -1;
      loads.push({ operand: { slot: from, view, narrow: dtypes[node.dtype].narrow }, type: laneOf(node.dtype) });
    } else if (node.op?.kind === 'move') {
      const input = inputs[0] ?? -1;
      return term(input, stepThrough(way, entryAt, node, input));
    } else if (node.op?.kind === 'lane') {
      const op = node.op;
      const operands = inputs.map((input) => {
        const shape = stored.entries[input]?.node.shape ?? [];
        if (sameShape(shape, node.shape)) return term(input, way);
        const steps = [...way.steps, { stretch: node.shape }];
        return term(input, { key: `${way.key} b${node.shape}`, steps });
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

  const results = outputs.map((at) => term(at, here));
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
