// The other reductions: max, min, prod, any, all, argmax, argmin, logSumExp.

import { argReduce, type Combine } from '@treadle/kernels';
import { type Expr, type FunctionBuilder, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { laneOf } from '../../dtype.ts';
import { applyOp, type Node } from '../../node.ts';
import type { TiledOp } from '../../op.ts';
import { type Axes, denseView, sizeOf } from '../../shape.ts';
import { add, div, mul, sub } from '../elementwise/arithmetic.ts';
import { asNumbers, cast } from '../elementwise/cast.ts';
import { equal, where } from '../elementwise/comparison.ts';
import { exp, log } from '../elementwise/exponential.ts';
import { stopGradient } from '../elementwise/stop-gradient.ts';
import { flip, pad, reshape, slice } from '../moves/moves.ts';
import { column, keepsDims, nonEmptyAxes, type ReduceOptions, reduceAxes, rowsOf } from './reduce.ts';
import { sum } from './sum.ts';

function floats(identity: number, apply: (a: Expr<'f32x4'>, b: Expr<'f32x4'>) => Expr<'f32x4'>): Combine {
  return { type: 'f32x4', identity, apply: (_, a, b) => apply(reinterpret('f32x4', a), reinterpret('f32x4', b)) };
}

function ints(identity: number, apply: (a: Expr<'i32x4'>, b: Expr<'i32x4'>) => Expr<'i32x4'>): Combine {
  return { type: 'i32x4', identity, apply: (_, a, b) => apply(reinterpret('i32x4', a), reinterpret('i32x4', b)) };
}

const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;

/** NaNs of one sign. */
const nanCount = 2 ** 23 - 1;

/**
 * Floats by integers of the same order: the extreme of integers takes one instruction, that of floats in WebAssembly eight,
 * each of which waits for the one before. Without a shift, NaNs of either sign are at either end, before −∞ and after ∞;
 * the shift by their number takes those of one end to the other, and −∞ for a maximum, ∞ for a minimum, to the end itself.
 */
function ordered(extreme: Combine, shift: number): Combine {
  // The sign stays, the other bits of a negative number are turned: its own inverse.
  const turned = (f: FunctionBuilder, bits: Expr<'i32x4'>): Expr<'i32x4'> => {
    const x = f.let(bits);
    return v128.xor(x, i32x4.shr_u(i32x4.shr_s(x, 31), 1));
  };
  return {
    ...extreme,
    enter: (f, x) => i32x4.add(turned(f, reinterpret('i32x4', x)), i32x4.const(shift)),
    leave: (f, x) => reinterpret('f32x4', turned(f, i32x4.sub(reinterpret('i32x4', x), i32x4.const(shift)))),
  };
}

function extreme(name: string, float: Combine, int: Combine): (x: Node, axes?: Axes, options?: ReduceOptions) => Node {
  return (x, axes, options = {}) => {
    nonEmptyAxes(name, x, axes);
    const values = asNumbers(x);
    const isFloat = values.dtype === 'float32';
    return reduceAxes(values, axes, options, {
      name,
      key: isFloat ? name : `${name} int32`,
      combine: isFloat ? float : int,
      // the elements that are the extreme share its gradient evenly
      gradient: (dy, y, [rows]) => {
        if (!rows || !isFloat) return [];
        const chosen = cast(equal(rows, column(y, rows)), 'float32');
        return [mul(chosen, div(column(dy, rows), column(sum(chosen, lastAxes(rows, y)), rows)))];
      },
    });
  };
}

/** The largest element over the axes; NaN wins. */
export const max: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = extreme(
  'max',
  ordered(
    ints(lowest, (a, b) => i32x4.max_s(a, b)),
    -nanCount,
  ),
  ints(lowest, (a, b) => i32x4.max_s(a, b)),
);

/** The smallest element over the axes; NaN wins. */
export const min: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = extreme(
  'min',
  ordered(
    ints(highest, (a, b) => i32x4.min_s(a, b)),
    nanCount,
  ),
  ints(highest, (a, b) => i32x4.min_s(a, b)),
);

const productFloats = floats(1, (a, b) => f32x4.mul(a, b));
const productInts = ints(1, (a, b) => i32x4.mul(a, b));

/** The product over the axes. */
export function prod(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  const values = asNumbers(x);
  const isFloat = values.dtype === 'float32';
  return reduceAxes(values, axes, options, {
    name: 'prod',
    key: isFloat ? 'prod' : 'prod int32',
    combine: isFloat ? productFloats : productInts,
    gradient: (dy, _, [rows]) => {
      if (!rows || !isFloat) return [];
      const joined = reshape(rows, [...dy.shape, sizeOf(rows.shape.slice(dy.shape.length))]);
      return [reshape(mul(column(dy, joined), productOfOthers(joined)), rows.shape)];
    },
  });
}

/** The axes of `rows` that a reduction to y combines. */
function lastAxes(rows: Node, y: Node): readonly number[] {
  return rows.shape.map((_, i) => i).slice(y.shape.length);
}

/** For every element of a row, the product of all others: of those before it and those behind. Right where elements are 0. */
function productOfOthers(rows: Node): Node {
  return mul(productsBefore(rows), flip(productsBefore(flip(rows, -1)), -1));
}

/** yₖ = x₀·x₁ ⋯ xₖ₋₁ along rows, in ⌈log₂ K⌉ steps (Hillis and Steele, 1986): each multiplies by what stands 2ⁱ places before. */
function productsBefore(rows: Node): Node {
  let y = shiftIn(rows, 1);
  for (let distance = 1; distance < (rows.shape.at(-1) ?? 1); distance *= 2) y = mul(y, shiftIn(y, distance));
  return y;
}

/** Rows moved on by so many places; ones come in. */
function shiftIn(rows: Node, places: number): Node {
  const length = rows.shape.at(-1) ?? 1;
  if (length === 0) return rows;
  const axes = rows.shape.slice(0, -1);
  const kept = slice(rows, [], [...axes, length - places]);
  return pad(kept, [...axes.map(() => [0, 0] as const), [places, 0]], 1);
}

function quantifier(name: string, combine: Combine): (x: Node, axes?: Axes, options?: ReduceOptions) => Node {
  return (x, axes, options = {}) =>
    reduceAxes(cast(x, 'bool'), axes, options, { name, key: name, combine, gradient: () => [] });
}

/** Whether any element is true (≠ 0). */
export const any: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = quantifier(
  'any',
  ints(0, (a, b) => v128.or(a, b)),
);

/** Whether all elements are true (≠ 0). */
export const all: (x: Node, axes?: Axes, options?: ReduceOptions) => Node = quantifier(
  'all',
  ints(-1, (a, b) => v128.and(a, b)),
);

function argExtreme(name: string, direction: 'max' | 'min'): (x: Node, axis?: number, options?: ReduceOptions) => Node {
  return (x, axis, options = {}) => {
    const keepDims = keepsDims(name, options);
    nonEmptyAxes(name, x, axis);
    const values = asNumbers(x);
    const { rows: apart, kept, keptDims } = rowsOf(name, values, axis);
    const rows = reshape(apart, [...kept, sizeOf(apart.shape.slice(kept.length))]);
    const type = laneOf(values.dtype);
    const op: TiledOp = {
      kind: 'tiled',
      name,
      key: name,
      kernels: ({ inputs: [operand], output, allocate }) => {
        if (!operand) throw new Error(`internal: ${name} needs its input`);
        const store = { slot: output, view: denseView(kept) };
        const loads = [{ operand, type }];
        return argReduce({
          name,
          shape: rows.shape,
          loads,
          body: (_, v) => v,
          cost: 0.5,
          ops: [name],
          type,
          direction,
          store,
          allocate,
        });
      },
      ragged: (_, axis) => (axis < kept.length ? axis : undefined),
      gradient: () => [],
    };
    const y = applyOp(op, [rows], kept, 'int32');
    return keepDims ? reshape(y, keptDims) : y;
  };
}

/** The index of the first largest element along the axis (of all elements by default); int32. */
export const argmax: (x: Node, axis?: number, options?: ReduceOptions) => Node = argExtreme('argmax', 'max');

/** The index of the first smallest element along the axis (of all elements by default); int32. */
export const argmin: (x: Node, axis?: number, options?: ReduceOptions) => Node = argExtreme('argmin', 'min');

/** ln Σ eˣ over the axes, without overflow: m + ln Σ e^(x − m), m the largest x. */
export function logSumExp(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  keepsDims('logSumExp', options);
  return logOfSum(cast(x, 'float32'), nonEmptyAxes('logSumExp', x, axes), options);
}

/** The same of float32, over axes counted from the front. */
export function logOfSum(x: Node, axes: readonly number[], { keepDims = false }: ReduceOptions): Node {
  // The result does not depend on m, so no gradient passes through it.
  const largest = stopGradient(max(x, axes, { keepDims: true }));
  // an infinite m would give ∞ − ∞; then 0 serves as well
  const m = where(equal(sub(largest, largest), 0), largest, 0);
  const y = add(log(sum(exp(sub(x, m)), axes, { keepDims: true })), m);
  return keepDims
    ? y
    : reshape(
        y,
        x.shape.filter((_, i) => !axes.includes(i)),
      );
}
