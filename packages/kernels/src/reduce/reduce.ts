// Sums, products, extremes and other reductions over the last axes by one combining operation. The order in which an output is
// combined, and so its bits, depends only on the length of the axes (order.ts).

import { type Expr, type FunctionBuilder, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { collapseDims, sizeOf } from '../core/collapse-dims.ts';
import type { Lane } from '../core/format.ts';
import type { Kernel, Operand, Slot } from '../core/kernel.ts';
import type { LaneExpression, Load } from '../core/lane-expression.ts';
import { lanes } from '../elementwise/kernel.ts';
import { constantLane } from '../elementwise/vector-io.ts';
import type { Merge, NestedAxes } from './nest.ts';
import { readsTransposed, reduceInOrder } from './order.ts';

/** A combining operation. */
export interface Combine {
  /** the lanes that are combined */
  readonly type: Lane;
  /** combined with any value it gives that value, to the bit: −0 for a float sum, since 0 + −0 = 0; −∞ for a maximum */
  readonly identity: number;
  readonly apply: (f: FunctionBuilder, a: Expr<Lane>, b: Expr<Lane>) => Expr<Lane>;
  /** maps an element to what is combined; by default the element itself */
  readonly enter?: (f: FunctionBuilder, element: Expr<Lane>) => Expr<Lane>;
  /** maps what was combined to the result; by default the result itself */
  readonly leave?: (f: FunctionBuilder, combined: Expr<Lane>) => Expr<Lane>;
}

/** An elementwise expression whose results are reduced over its last axes. */
export interface Reduction extends LaneExpression {
  /** the shape of the outputs, then the axes that are reduced */
  readonly shape: readonly number[];
  /** the number of axes that are reduced, in row-major order */
  readonly axes: number;
  readonly combine: Combine;
  /** views of the shape of the outputs, one for each result of the body; each result is reduced by itself */
  readonly stores: readonly Operand[];
  /** the slot of a buffer of `length` elements that lives until the kernels have run */
  readonly allocate: (length: number) => Slot;
  /** an int32: only the first so many elements of the axes, in row-major order, are valid; without it, all are */
  readonly count?: Slot | undefined;
}

/**
 * [...outputs, ...axes of K elements] → outputs: each result of the body, reduced over the K elements. Where K is 0, identity + 0,
 * so that an empty sum is +0. No kernels where there are no outputs.
 */
export function reduce({ combine, stores, allocate, axes, count, ...program }: Reduction): Kernel[] {
  const { body } = program;
  // Every element reads the number of valid elements like another load.
  const present: readonly Load[] =
    count === undefined ? [] : [{ operand: repeated(count, program.shape), type: 'i32x4' }];
  const given = program.loads.length;
  const { shape, loads, nested } = joinAxes({ shape: program.shape, loads: [...program.loads, ...present] }, axes);
  const { type, identity, apply, enter = itself, leave = itself } = combine;
  const outputs = shape.slice(0, -1);
  if (sizeOf(outputs) === 0) return [];
  if (shape.at(-1) === 0) {
    const empty = { ...program, key: undefined, shape: outputs, loads: [], stores };
    return [lanes({ ...empty, body: (f) => stores.map(() => leave(f, constantLane(type, identity + 0))) })];
  }
  const merge: Merge = (f, a, b) => a.map((word, w) => apply(f, word, b[w]!));
  return reduceInOrder(
    {
      ...program,
      shape,
      loads,
      nested,
      count,
      words: stores.map(() => ({ type, identity })),
      body: (f, values, { index, k }) => {
        const elements = body(f, values.slice(0, given), index).map((element) => enter(f, element));
        const end = values[given];
        if (!end) return elements;
        const isPresent = f.let(i32x4.lt_s(k(), reinterpret('i32x4', end)));
        return elements.map((element) => v128.bitselect(element, constantLane(type, identity), isPresent));
      },
      accumulate: merge,
      merge,
      finish: (f, words) => words.map((word) => leave(f, word)),
    },
    stores.map((operand, word) => ({ word, operand })),
    allocate,
  );
}

/** Whether the elements of a reduction should be stored first (`readsTransposed`). */
export function shouldLieFirst(program: Pick<LaneExpression, 'shape' | 'loads'>, axes: number): boolean {
  return readsTransposed(joinAxes(program, axes));
}

/** The expression with its last axes as one; `nested` where strides cannot join them in every load. */
function joinAxes(
  { shape, loads }: Pick<LaneExpression, 'shape' | 'loads'>,
  axes: number,
): { shape: readonly number[]; loads: readonly Load[]; nested: NestedAxes | undefined } {
  const rank = shape.length - axes;
  const inner = loads.map(({ operand }) => operand.view.strides.slice(rank));
  const { shape: sizes, strides } = collapseDims(shape.slice(rank), inner);
  const joined = [...shape.slice(0, rank), sizeOf(shape.slice(rank))];
  const seen = loads.map(({ operand, type }, v): Load => {
    const { view } = operand;
    const kept = view.strides.slice(0, rank);
    const along = { ...view, shape: joined, strides: [...kept, strides[v]!.at(-1) ?? 0] };
    return { type, operand: { ...operand, view: along } };
  });
  return { shape: joined, loads: seen, nested: sizes.length > 1 ? { sizes, strides } : undefined };
}

/** One number, broadcast to the shape. */
function repeated(slot: Slot, shape: readonly number[]): Operand {
  return { slot, view: { shape, strides: shape.map(() => 0), offset: 0 } };
}

function itself(_f: FunctionBuilder, value: Expr<Lane>): Expr<Lane> {
  return value;
}
