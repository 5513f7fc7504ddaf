// Combining operations, and the order in which a reduction combines, in plain TypeScript.

import type { Combine } from '@treadle/kernels';
import { type Expr, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { type Elements, floats, integers } from './views.ts';

type Lanes = Expr<'f32x4' | 'i32x4'>;
export const float = (value: Lanes): Expr<'f32x4'> => reinterpret('f32x4', value);
const integer = (value: Lanes): Expr<'i32x4'> => reinterpret('i32x4', value);

/** A combining operation in plain TypeScript, and elements that try it. */
export interface Plain {
  readonly combine: Combine;
  readonly apply: (a: number, b: number) => number;
  readonly elements: (length: number, seed: number) => Elements;
  /** the result of no elements */
  readonly empty: number;
}

const nearOne = (length: number, seed: number): Elements => floats(length, seed).map((x) => 1 + x * 2 ** -12);
const withNaN = (length: number, seed: number): Elements =>
  floats(length, seed).map((x) => (Math.abs(x) > 62 ? Number.NaN : Math.abs(x) > 60 ? x * Infinity : x));
const masks = (length: number, seed: number): Elements =>
  integers(length, seed).map((x) => (x < 2 ** 31 * 0.9 ? -1 : 0));

export const sum: Plain = {
  combine: { type: 'f32x4', identity: -0, apply: (_f, a, b) => f32x4.add(float(a), float(b)) },
  apply: (a, b) => Math.fround(a + b),
  elements: floats,
  empty: 0,
};
export const product: Plain = {
  combine: { type: 'f32x4', identity: 1, apply: (_f, a, b) => f32x4.mul(float(a), float(b)) },
  apply: (a, b) => Math.fround(a * b),
  elements: nearOne,
  empty: 1,
};
export const max: Plain = {
  combine: { type: 'f32x4', identity: -Infinity, apply: (_f, a, b) => f32x4.max(float(a), float(b)) },
  apply: (a, b) => Math.max(a, b),
  elements: withNaN,
  empty: -Infinity,
};
export const integerSum: Plain = {
  combine: { type: 'i32x4', identity: 0, apply: (_f, a, b) => i32x4.add(integer(a), integer(b)) },
  apply: (a, b) => (a + b) | 0,
  elements: integers,
  empty: 0,
};
export const all: Plain = {
  combine: { type: 'i32x4', identity: -1, apply: (_f, a, b) => v128.and(a, b) },
  apply: (a, b) => a & b,
  elements: masks,
  empty: -1,
};

/**
 * Chunks of 4096. In each, element k joins accumulator k mod 8. Where there are several chunks, the eight are added to totals
 * before every 256th element that at least eight more follow. The eight are merged by a tree, the results of the chunks by the
 * same rule.
 */
export function inOrder(
  elements: readonly number[],
  { combine, apply, empty }: Pick<Plain, 'combine' | 'apply' | 'empty'>,
  isLong: boolean = elements.length > 4096,
): number {
  if (elements.length === 0) return empty;
  const results: number[] = [];
  for (let start = 0; start < elements.length; start += 4096) {
    let a: number[] = Array(8).fill(combine.identity);
    let aside: number[] = Array(8).fill(combine.identity);
    const chunk = elements.slice(start, start + 4096);
    chunk.forEach((x, k) => {
      if (isLong && k > 0 && k % 256 === 0 && k + 8 <= chunk.length) {
        aside = aside.map((total, j) => apply(total, a[j]!));
        a = Array(8).fill(combine.identity);
      }
      a[k % 8] = apply(a[k % 8]!, x);
    });
    a = a.map((last, j) => apply(aside[j]!, last));
    const even = apply(apply(a[0]!, a[4]!), apply(a[2]!, a[6]!));
    const odd = apply(apply(a[1]!, a[5]!), apply(a[3]!, a[7]!));
    results.push(apply(even, odd));
  }
  return results.length === 1 ? results[0]! : inOrder(results, { combine, apply, empty }, isLong);
}
