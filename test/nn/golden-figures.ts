// The figures in golden/: what went into them, by the formula that the scripts there know as well, and how near ours must come.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Shape, type Tensor, tensor } from '@treadle/tensor';
import { expect } from 'vitest';

export type Numbers = readonly number[];

/** What the file of that name in golden/ holds. */
export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'golden', name), 'utf8'));
}

/** make-golden.py's formula for what goes in: multiples of 1/64 between −1 and 1, or whole numbers below a limit. */
export function numbers(shape: Shape, salt: number, below: number | null = null): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: size }, (_, i) => {
    const n = i * i * 7 + i * 3 + salt * 11;
    return below === null ? ((n % 61) - 29.5) / 32 : n % below;
  });
  return tensor(values, { shape });
}

/** make-golden.py's factors of the elements of a result in the sum that is differentiated. */
export function factors({ shape, size }: Tensor): Tensor {
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (((5 * i) % 7) - 3) / 4),
    { shape },
  );
}

/** Golden figures are rounded to seven digits. */
const rounding = (value: number): number => 5e-7 * Math.abs(value);

/** `errors`: how far float32 may be from the truth. */
export function expectClose(got: Tensor | undefined, expected: Numbers, errors: Numbers, what = 'result'): void {
  const data = got?.data() ?? [];
  expect(data).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    const bound = (errors[i] ?? 0) + rounding(value) + 2 ** -40;
    expect(Math.abs(data[i]! - value), `${what} at [${i}]: ${data[i]} for ${value}`).toBeLessThanOrEqual(bound);
  });
}
