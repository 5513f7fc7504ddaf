// Strided views for the laws of kernels: permuted, with gaps, running backwards, repeating; the elements that they read, in plain
// TypeScript; and buffers to read from.

import type { Operand, Slot, View } from '@treadle/kernels';
import fc from 'fast-check';
import type { Elements } from '../support/run-kernels.ts';

export type { Elements } from '../support/run-kernels.ts';

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The positions in its buffer of a view's elements, in row-major order. */
export function positions({ shape, strides, offset }: View): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = at;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      at -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return out;
}

/** A view and how long a buffer it needs. */
export interface Placed {
  readonly view: View;
  readonly length: number;
}

export function dense(shape: readonly number[]): Placed {
  const strides: number[] = [];
  let length = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(length);
    length *= size;
  }
  return { view: { shape, strides, offset: 0 }, length };
}

interface Layout {
  /** a sort key for each dimension: the order in memory */
  readonly order: readonly number[];
  readonly spread: readonly number[];
  readonly backwards: readonly boolean[];
  readonly repeats: readonly boolean[];
  readonly offset: number;
}

function place(shape: readonly number[], { order, spread, backwards, repeats, offset }: Layout): Placed {
  const strides = shape.map(() => 0);
  let [run, first, last] = [1, offset, offset];
  const dimensions = shape.map((_, d) => d).sort((a, b) => order[b]! - order[a]! || b - a);
  for (const d of dimensions) {
    if (repeats[d]) continue;
    const stride = run * spread[d]!;
    const reach = stride * Math.max(0, shape[d]! - 1);
    strides[d] = backwards[d] ? -stride : stride;
    if (backwards[d]) first += reach;
    last += reach;
    run = stride * Math.max(1, shape[d]!);
  }
  return { view: { shape, strides, offset: first }, length: last + 1 };
}

/** Any layout of a shape; `repeating`: also with dimensions of stride 0, as a load may have. Half are nearly dense. */
export function placed(shape: readonly number[], { repeating }: { repeating: boolean }): fc.Arbitrary<Placed> {
  const each = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(one, { minLength: shape.length, maxLength: shape.length });
  const never = fc.constant(false);
  const plain = fc.record({
    order: each(fc.constant(0)),
    spread: each(fc.constant(1)),
    backwards: each(never),
    repeats: each(repeating ? fc.boolean() : never),
    offset: fc.nat(5),
  });
  const wild = fc.record({
    order: each(fc.nat(2)),
    spread: each(fc.constantFrom(1, 1, 1, 2, 3)),
    backwards: each(fc.constantFrom(false, false, true)),
    repeats: each(repeating ? fc.constantFrom(false, false, true) : never),
    offset: fc.nat(5),
  });
  return fc.oneof(
    fc.constant(dense(shape)),
    plain.map((l) => place(shape, l)),
    wild.map((l) => place(shape, l)),
    wild.map((l) => place(shape, l)),
  );
}

export function operand(slot: Slot, { view }: Placed): Operand {
  return { slot, view };
}

/** A small random number generator (mulberry32): numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Floats of many magnitudes and both signs, zeros of both signs among them. */
export function floats(length: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length }, () => {
    const sign = random() < 0.5 ? -1 : 1;
    return random() < 0.05 ? sign * 0 : sign * 2 ** (12 * random() - 6);
  });
}

export function integers(length: number, seed: number, bound = 2 ** 31): Int32Array {
  const random = randomFrom(seed);
  return Int32Array.from({ length }, () => Math.floor((2 * random() - 1) * bound));
}

/** Tiles in an order that follows from the seed. */
export function shuffled(seed: number): (tiles: number) => number[] {
  const random = randomFrom(seed);
  return (tiles) => {
    const order = Array.from({ length: tiles }, (_, i) => i);
    for (let i = tiles - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  };
}

/** Throws at the first element whose bits differ; all NaN are one value. */
export function sameBits(actual: Elements, expected: Elements, what: string): void {
  if (actual.length !== expected.length) throw new Error(`${what}: length ${actual.length}, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) throw new Error(`${what}: [${i}] is ${actual[i]}, not ${expected[i]}`);
  }
}
