// prod: the product over axes. Its gradient needs the product of all other elements, also where elements are 0.

import { f32x4, i32x4 } from '@treadle/wasm';
import type { Node } from '../../node.ts';
import { type Axes, sizeOf } from '../../shape.ts';
import { mul } from '../elementwise/arithmetic.ts';
import { asNumbers } from '../elementwise/cast.ts';
import { flip } from '../moves/flip.ts';
import { reshape } from '../moves/reshape.ts';
import { pad, slice } from '../moves/slice-and-pad.ts';
import { floats, ints } from './combine.ts';
import { column, type ReduceOptions, reduceAxes } from './reduce.ts';

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

/** For each element of a row, the product of the elements before it times the product of those after it. It needs no division by 0. */
function productOfOthers(rows: Node): Node {
  return mul(productsBefore(rows), flip(productsBefore(flip(rows, -1)), -1));
}

/** yₖ = x₀·x₁ ⋯ xₖ₋₁ along rows, in ⌈log₂ K⌉ steps (Hillis and Steele, 1986): step i multiplies by the element 2ⁱ positions before. */
function productsBefore(rows: Node): Node {
  let y = shiftIn(rows, 1);
  for (let distance = 1; distance < (rows.shape.at(-1) ?? 1); distance *= 2) y = mul(y, shiftIn(y, distance));
  return y;
}

/** Rows shifted by some positions, filled up with ones. */
function shiftIn(rows: Node, count: number): Node {
  const length = rows.shape.at(-1) ?? 1;
  if (length === 0) return rows;
  const axes = rows.shape.slice(0, -1);
  const kept = slice(rows, [], [...axes, length - count]);
  return pad(kept, [...axes.map(() => [0, 0] as const), [count, 0]], 1);
}
