// Cases of ops whose values depend only on the position of an element: arange and random numbers.

import { type Node, ops } from '@treadle/graph';
import fc from 'fast-check';
import { build, type NdArray, nd, type Shape, sizeOf, tiny, u, zip } from '../reference.ts';
import { wordsAt } from '../threefry.ts';
import { type Case, type Example, moderate, shapes } from './case.ts';
import { node } from './nodes.ts';

const arange: Case = {
  examples: fc.nat({ max: 300 }).map((length) => ({
    label: `arange ${length}`,
    inputs: [],
    apply: () => ops.arange(length),
    reference: () => build([length], ([i]) => i!, 'int32'),
    tolerance: 'rounded',
  })),
  wrong: [
    { call: () => ops.arange(-1), error: 'ShapeError' },
    { call: () => ops.arange(1.5), error: 'ShapeError' },
    { call: () => ops.arange(Number.POSITIVE_INFINITY), error: 'ShapeError' },
  ],
};

const seeds = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const key = (words: readonly number[]): NdArray[] => words.map((word) => nd([], [word], 'int32'));

const unit = (word: number): number => (word >>> 8) * 2 ** -24;

function uniform(shape: Shape, seed: NdArray, counter: NdArray): NdArray {
  const at = (i: number): number => {
    const { w, words } = wordsAt([seed.data[0]!, counter.data[0]!], i);
    return unit(words[w]!);
  };
  return nd(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => at(i)),
  );
}

/**
 * Normal numbers by the Box–Muller transform, from counters that start at 2²⁸: the radius times the cosine or the sine
 * of the angle.
 */
function normals(shape: Shape, seed: NdArray, counter: NdArray): { radius: number; turn: number }[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    const { w, words } = wordsAt([seed.data[0]!, counter.data[0]!], i, 2 ** 28);
    const angle = 2 * Math.PI * unit(words[1]);
    return { radius: Math.sqrt(-2 * Math.log(1 - unit(words[0]))), turn: w === 0 ? Math.cos(angle) : Math.sin(angle) };
  });
}

type Random = (shape: Shape, seed: Node, counter: Node) => Node;

const wrongKeys = (apply: Random): Case['wrong'] => [
  { call: () => apply([2], node([]), node([], 'int32')), error: 'DtypeError' },
  { call: () => apply([2], node([], 'int32'), node([], 'bool')), error: 'DtypeError' },
  { call: () => apply([-1], node([], 'int32'), node([], 'int32')), error: 'ShapeError' },
  { call: () => apply([2], node([3], 'int32'), node([], 'int32')), error: 'ShapeError' },
];

/** lengths with complete blocks of sixteen elements, which are computed at once, and with a rest */
const longRows = fc.integer({ min: 16, max: 70 }).map((length): Shape => [length]);

const uniform01: Case = {
  examples: fc.tuple(fc.oneof(shapes(), longRows), seeds, seeds).map(([shape, seed, counter]) => ({
    label: `uniform01 [${shape}]`,
    inputs: key([seed, counter]),
    apply: (s, c) => ops.uniform01(shape, s!, c!),
    reference: (s, c) => uniform(shape, s!, c!),
    tolerance: 'rounded',
  })),
  wrong: wrongKeys((shape, seed, counter) => ops.uniform01(shape, seed, counter)),
};

const randomUniform: Case = (() => {
  const example = (shape: Shape, words: readonly number[], min: number, max: number): Example => ({
    label: `randomUniform [${shape}] in [${min}, ${max})`,
    inputs: key(words),
    apply: (s, c) => ops.randomUniform(shape, s!, c!, min, max),
    reference: (s, c) => zip('float32', (v) => v * (max - min) + min, uniform(shape, s!, c!)),
    // the range, the product and the sum are rounded; a number that is rounded up to max becomes min
    tolerance: {
      bounds: (truth) =>
        truth.data.map(
          (y) =>
            1.001 * (2 * u * Math.abs(max - min) + u * Math.abs(y)) +
            (max - y <= 4 * u * Math.max(Math.abs(max), max - min) ? max - min : 0),
        ),
    },
  });
  const ends = fc
    .tuple(
      fc.float({ min: -9, max: 9, noNaN: true }),
      fc.oneof(fc.constant(0), fc.float({ min: 2 ** -7, max: 9, noNaN: true })),
    )
    .map(([low, range]) => [low, Math.fround(low + range)] as const);
  return {
    examples: fc
      .tuple(shapes(), seeds, seeds, ends)
      .map(([shape, seed, counter, [min, max]]) => example(shape, [seed, counter], min, max)),
    wrong: wrongKeys((shape, seed, counter) => ops.randomUniform(shape, seed, counter, 0, 1)),
  };
})();

const randomNormal: Case = (() => {
  const example = (shape: Shape, words: readonly number[], mean: number, stddev: number): Example => ({
    label: `randomNormal [${shape}] of ${mean}, ${stddev}`,
    inputs: key(words),
    apply: (s, c) => ops.randomNormal(shape, s!, c!, mean, stddev),
    reference: (s, c) =>
      nd(
        shape,
        normals(shape, s!, c!).map(({ radius, turn }) => radius * turn * stddev + mean),
      ),
    // ln has 2 ulps, which the root halves, and the root is rounded; the angle has two roundings, cos 2 ulps; two
    // products, one sum
    tolerance: {
      bounds: (truth, s, c) => {
        const radii = normals(shape, s!, c!).map(({ radius }) => radius);
        return truth.data.map(
          (y, i) =>
            1.001 * (Math.abs(stddev) * radii[i]! * (3 * u + 4 * Math.PI * u + 4 * u + 2 * u) + u * Math.abs(y)) + tiny,
        );
      },
    },
  });
  return {
    examples: fc
      .tuple(fc.oneof(shapes(), longRows), seeds, seeds, moderate, moderate)
      .map(([shape, seed, counter, mean, stddev]) => example(shape, [seed, counter], mean, stddev)),
    wrong: wrongKeys((shape, seed, counter) => ops.randomNormal(shape, seed, counter, 0, 1)),
  };
})();

export const generated = {
  arange,
  randomNormal,
  randomUniform,
  uniform01,
} as const;
