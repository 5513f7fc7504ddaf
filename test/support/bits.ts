// Results as bits: two results are the same when every bit is, NaN being one value whatever its bits.

import type { Tensor, TensorData } from '@treadle/tensor';

export function bitsOf(data: TensorData): Uint32Array<ArrayBuffer> {
  if (!(data instanceof Float32Array)) return Uint32Array.from(data);
  return new Uint32Array(data.map((x) => (Number.isNaN(x) ? Number.NaN : x)).buffer);
}

/** The first place where two results differ, as a sentence; undefined where they are the same. */
export function difference(a: Tensor, b: Tensor): string | undefined {
  if (`${a.dtype} [${a.shape}]` !== `${b.dtype} [${b.shape}]`)
    return `${a.dtype} [${a.shape}] is not ${b.dtype} [${b.shape}]`;
  return differenceOfData(a.data(), b.data());
}

export function differenceOfData(a: TensorData, b: TensorData): string | undefined {
  if (Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0) return undefined;
  const [x, y] = [bitsOf(a), bitsOf(b)];
  if (x.length !== y.length) return `${x.length} elements are not ${y.length}`;
  const at = x.findIndex((word, i) => word !== y[i]);
  return at < 0 ? undefined : `at [${at}] ${a[at]} is not ${b[at]}`;
}

/** Numbers in [−2, 2) of 16 bits that look random and follow from the seed. */
export function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >> 16) * 2 ** -14;
  });
}
