// The case of standardize, with its three results: the values, the mean and the variance.

import { ops } from '@treadle/graph';
import fc from 'fast-check';
import { at, axesOf, build, gamma, type NdArray, nd, reduceAxes, type Shape, sum, tiny, u } from '../reference.ts';
import { apart, arrays, type Case, type Example, moderate, type ShapeLimits, shapes, small, someAxes } from './case.ts';
import { node } from './nodes.ts';
import { variance, varianceBound } from './reductions.ts';

type Axes = number | readonly number[] | undefined;

/** Which result is tested, the axes, and whether gamma and beta are given. */
interface Attributes {
  readonly result: 0 | 1 | 2;
  readonly axes: Axes;
  readonly epsilon: number;
  readonly hasFactors: boolean;
}

const average = (x: readonly number[]): number => sum(x) / x.length;
const meanBound = (x: readonly number[]): number => (gamma(x.length + 1) * sum(x.map(Math.abs))) / x.length + tiny;

/**
 * A bound of the error of (x − m)·(1/√(v + ε)·g) + b, where the mean m and the variance v of the `elements` have their
 * own errors.
 */
function valueBound(x: number, elements: number[], epsilon: number, g: number, b: number): number {
  const [m, e] = [average(elements), meanBound(elements)];
  const d = Math.abs(x - m);
  const offD = e + u * (d + e);
  const v = variance(elements) + epsilon;
  const off = varianceBound(elements);
  const offV = off + u * (v + off);
  const [r, most] = [1 / Math.sqrt(v), 1 / Math.sqrt(Math.max(0, v - offV))];
  const offR = most - r + 3 * u * most;
  const s = Math.abs(g) * r;
  // a denormal product has the error tiny, which is multiplied by d
  const offS = Math.abs(g) * (offR + u * (r + offR)) + tiny;
  const offP = d * offS + s * offD + offD * offS + u * (d + offD) * (s + offS);
  return offP + u * (d * s + Math.abs(b) + offP) + 8 * tiny;
}

/**
 * An array of the shape of x: f of each element, of the elements that it is standardized with, and of its gamma and
 * beta.
 */
function eachValue(
  inputs: readonly NdArray[],
  { axes, epsilon, hasFactors }: Attributes,
  f: (x: number, elements: number[], epsilon: number, g: number, b: number) => number,
): NdArray {
  const [x, gamma, beta] = inputs;
  const over = axesOf(axes, x!.shape.length);
  return build(x!.shape, (index) => {
    const elements = build(
      x!.shape.map((extent, i) => (over.includes(i) ? extent : 1)),
      (other) =>
        at(
          x!,
          index.map((k, i) => (over.includes(i) ? other[i]! : k)),
        ),
    ).data.slice();
    const place = index.map((k, i) => (over.includes(i) ? 0 : k));
    const [g, b] = hasFactors ? [at(gamma!, place), at(beta!, place)] : [1, 0];
    return f(at(x!, index), elements, epsilon, g, b);
  });
}

function example(inputs: readonly NdArray[], attributes: Attributes): Example {
  const { result, axes, epsilon, hasFactors } = attributes;
  const kept = (f: (elements: number[]) => number) => (x: NdArray) => reduceAxes(x, axes, true, f);
  const standard = (x: number, elements: number[], e: number, g: number, b: number): number =>
    ((x - average(elements)) / Math.sqrt(variance(elements) + e)) * g + b;
  const whole = (f: typeof standard) => (all: readonly NdArray[]) => eachValue(all, attributes, f);
  const references = [
    whole(standard),
    ([x]: readonly NdArray[]) => kept(average)(x!),
    ([x]: readonly NdArray[]) => kept(variance)(x!),
  ];
  const bounds = [
    whole(valueBound),
    ([x]: readonly NdArray[]) => kept(meanBound)(x!),
    ([x]: readonly NdArray[]) => kept(varianceBound)(x!),
  ];
  return {
    label: `standardize over ${JSON.stringify(axes)}, result ${result}${hasFactors ? ', with factors' : ''}, ε ${epsilon}`,
    inputs,
    apply: (x, g, b) => ops.standardize(x!, axes, { epsilon, ...(hasFactors && { gamma: g, beta: b }) })[result],
    reference: (...all) => references[result]!(all),
    tolerance: { bounds: (_, ...all) => bounds[result]!(all).data },
  };
}

function draw(
  limits: ShapeLimits,
  epsilons: readonly number[],
  results: readonly (0 | 1 | 2)[],
  values: (shapes: readonly Shape[]) => fc.Arbitrary<readonly NdArray[]>,
): fc.Arbitrary<Example> {
  return shapes({ ...limits, minRank: 1 })
    .filter((shape) => !shape.includes(0))
    .chain((shape) => fc.tuple(fc.constant(shape), someAxes(shape.length), fc.boolean()))
    .chain(([shape, axes, hasFactors]) => {
      const over = axesOf(axes, shape.length);
      const factor = shape.map((extent, i) => (over.includes(i) ? 1 : extent));
      return fc
        .record({
          inputs: values(hasFactors ? [shape, factor, factor] : [shape]),
          result: fc.constantFrom(...results),
          epsilon: fc.constantFrom(...epsilons),
        })
        .map(({ inputs, ...rest }) => example(inputs, { ...rest, axes, hasFactors }));
    });
}

const standardize: Case = {
  examples: draw({ maxRank: 3 }, [2 ** -10, 0.125, 1], [0, 1, 2], (all) =>
    fc.tuple(...all.map((shape) => arrays(shape, moderate))),
  ),
  special: [
    example([nd([3], [2, 2, 2])], { result: 0, axes: 0, epsilon: 2 ** -10, hasFactors: false }),
    example([nd([2, 2], [1e4, 1e4 + 1, 1e4 + 2, 1e4 + 5])], { result: 2, axes: 0, epsilon: 0, hasFactors: false }),
  ],
  smooth: draw(small, [0.5], [0, 0, 1, 2], (all) => apart(all)),
  wrong: [
    ...[2, -3, 0.5].map((axes) => ({ call: () => ops.standardize(node([2, 3]), axes), error: 'ShapeError' }) as const),
    ...[[2], [4], [2, 3], [1, 1, 3]].map(
      (shape) =>
        ({ call: () => ops.standardize(node([2, 3]), 0, { gamma: node(shape) }), error: 'ShapeError' }) as const,
    ),
    { call: () => ops.standardize(node([2, 3]), 0, { beta: node([2]) }), error: 'ShapeError' },
  ],
};

export const normalizations = { standardize } as const;
