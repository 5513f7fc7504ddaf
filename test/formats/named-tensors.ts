// Random tensors by name, and what it means that two of them are the same: shape, dtype and every bit.

import { type Dtype, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';

/** Any text but one with half of a surrogate pair, and texts that are special in JavaScript, JSON or Python. */
export const names: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'toString',
    '0',
    '10',
    '"',
    '\\',
    "it's",
    'a/b.npy',
    '../up',
    '\u0000',
    'é',
  ),
);

const shapes = fc.array(fc.nat(4), { maxLength: 4 });

function valuesOf(dtype: Dtype, length: number): fc.Arbitrary<readonly number[]> {
  const of = (value: fc.Arbitrary<number>): fc.Arbitrary<readonly number[]> =>
    fc.array(value, { minLength: length, maxLength: length });
  if (dtype === 'bool') return of(fc.nat(1));
  if (dtype === 'uint8') return of(fc.nat(255));
  if (dtype === 'int32') return of(fc.integer());
  return of(fc.oneof(fc.float(), fc.constantFrom(-0, 65504, 2 ** -24, Number.NaN)));
}

export const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom<Dtype>('bool', 'uint8', 'int32', 'float16', 'float32'), shapes)
  .chain(([dtype, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return valuesOf(dtype, length).map((values) => tensor(Float64Array.from(values), { shape, dtype }));
  });

/** Tensors by name, in any order. */
export const namedTensors: fc.Arbitrary<ReadonlyMap<string, Tensor>> = fc
  .uniqueArray(fc.tuple(names, tensors), { maxLength: 6, selector: ([name]) => name })
  .map((entries) => new Map(entries));

/** What two equal tensors have in common. */
export function contentOf(x: Tensor): unknown {
  const { shape, dtype } = x;
  const values = x.data();
  return { shape, dtype, bytes: [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)] };
}

/** The contents by name, without an order. */
export function contentsOf(tensors: Iterable<readonly [string, Tensor]>): ReadonlyMap<string, unknown> {
  return new Map([...tensors].map(([name, x]) => [name, contentOf(x)]));
}
