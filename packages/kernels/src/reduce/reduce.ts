// Sums, products, extremes and the like over the last axis, one combining operation at a time. The order in which an output
// is combined, and so its bits, depends on the length of the axis alone (see fold.ts).

import { type Expr, type FunctionBuilder, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { collapseDims, sizeOf } from '../core/collapse-dims.ts';
import type { Kernel, Operand, Slot } from '../core/kernel.ts';
import type { LaneExpression } from '../elementwise/fused-loop.ts';
import { lanes } from '../elementwise/kernel.ts';
import { constantLane, type Lane, type Load } from '../elementwise/vector-io.ts';
import type { Merge, NestedAxes } from './nest.ts';
import { fold, isAgainstGrain } from './order.ts';

export interface Combine {
  /** of what is combined */
  readonly type: Lane;
  /** combined with anything it gives that, to the bit: −0 for a float sum, since 0 + −0 = 0; −∞ for a maximum */
  readonly identity: number;
  readonly apply: (f: FunctionBuilder, a: Expr<Lane>, b: Expr<Lane>) => Expr<Lane>;
  /** what is combined for an element, where that is not the element itself */
  readonly enter?: (f: FunctionBuilder, element: Expr<Lane>) => Expr<Lane>;
  /** the result of what was combined, where that is not the result itself */
  readonly leave?: (f: FunctionBuilder, combined: Expr<Lane>) => Expr<Lane>;
}

export interface Reduction extends LaneExpression {
  /** the shape of the outputs, then the axes that are folded */
  readonly shape: readonly number[];
  /** how many axes are folded, in row-major order */
  readonly axes: number;
  readonly combine: Combine;
  /** views of the outputs' shape, one for each result of the body: each is combined by itself */
  readonly stores: readonly Operand[];
  /** gives a buffer of so many elements that lives until the kernels have run */
  readonly allocate: (length: number) => Slot;
  /** an int32: elements of all axes, in row-major order, from there on count for nothing; without it, all are there */
  readonly count?: Slot | undefined;
}

/** [...outputs, ...axes of K elements] → outputs, each result of the body combined over K. Where K is 0: identity + 0, so that an empty sum is +0. */
export function reduce({ combine, stores, allocate, axes, count, ...program }: Reduction): Kernel[] {
  const { body } = program;
  // The number goes to every element with the other loads.
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
  return fold(
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
      step: merge,
      merge,
      finish: (f, words) => words.map((word) => leave(f, word)),
    },
    stores.map((operand, word) => ({ word, operand })),
    allocate,
  );
}

/** Whether the elements of a reduction should rather lie in memory first (see fold.ts). */
export function shouldLieFirst(program: Pick<LaneExpression, 'shape' | 'loads'>, axes: number): boolean {
  return isAgainstGrain(joinAxes(program, axes));
}

/** The axes that are folded as one; where they do not lie like one in every load, also how they lie. */
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

/** One number, seen as an array of the shape. */
function repeated(slot: Slot, shape: readonly number[]): Operand {
  return { slot, view: { shape, strides: shape.map(() => 0), offset: 0 } };
}

function itself(_f: FunctionBuilder, value: Expr<Lane>): Expr<Lane> {
  return value;
}
