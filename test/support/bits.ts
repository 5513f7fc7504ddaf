// Compares results bit by bit. All NaNs count as the same value.

import type { Tensor, TensorData } from '@treadle/tensor';

/** The elements as words of 32 bits. Every NaN becomes the same word. */
export function bitsOf(data: TensorData): Uint32Array<ArrayBuffer> {
  if (!(data instanceof Float32Array)) return Uint32Array.from(data);
  return new Uint32Array(data.map((x) => (Number.isNaN(x) ? Number.NaN : x)).buffer);
}

/** A sentence about the first difference between two tensors; undefined if they have the same dtype, shape and bits. */
export function difference(a: Tensor, b: Tensor): string | undefined {
  if (`${a.dtype} [${a.shape}]` !== `${b.dtype} [${b.shape}]`)
    return `${a.dtype} [${a.shape}] is not ${b.dtype} [${b.shape}]`;
  return differenceOfData(a.data(), b.data());
}

/** Whether two arrays of bytes are equal in length and in every byte. */
export function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** As `difference`, for the elements alone. */
export function differenceOfData(a: TensorData, b: TensorData): string | undefined {
  if (areSameBytes(new Uint8Array(a.buffer), new Uint8Array(b.buffer))) return undefined;
  const [x, y] = [bitsOf(a), bitsOf(b)];
  if (x.length !== y.length) return `${x.length} elements are not ${y.length}`;
  const at = x.findIndex((word, i) => word !== y[i]);
  return at < 0 ? undefined : `at [${at}] ${a[at]} is not ${b[at]}`;
}

/** Pseudo-random multiples of 2⁻¹⁴ in [−2, 2), decided by the seed. */
export function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >> 16) * 2 ** -14;
  });
}
