// Cases of elementwise ops on numbers.

import { type Dtype, type Node, ops } from '@treadle/graph';
import fc from 'fast-check';
import { specialValues } from '../../kernels/math/functions.ts';
import { type NdArray, nd, withDtype, zip } from '../reference.ts';
import { isRounded, scalars } from '../scalars.ts';
import {
  anyArray,
  apart,
  arrays,
  broadcastable,
  type Case,
  type Example,
  finite,
  moderate,
  positive,
  type Spread,
  shapes,
  small,
  type Tolerance,
  type Wrong,
} from './case.ts';
import { node } from './nodes.ts';

type ScalarName = keyof typeof scalars;
type Unary = (x: Node) => Node;

const toleranceOf = (name: string): Tolerance => (isRounded.has(name) ? 'rounded' : { ulps: 2 });

interface UnaryOptions {
  readonly domain?: fc.Arbitrary<number>;
  /** the inputs for which derivatives are compared */
  readonly spread?: Spread | 'none';
  /** the dtype of the result for int32 and bool: int32, the same dtype, or float32 (default) */
  readonly ints?: Dtype | 'own';
  readonly tolerance?: Tolerance;
}

export function unary(
  name: ScalarName & keyof typeof ops,
  { domain = finite, spread = {}, ints = 'float32', tolerance = toleranceOf(name) }: UnaryOptions = {},
): Case {
  const truth = scalars[name] as (x: number) => number;
  const apply = ops[name] as Unary;
  const example = (input: NdArray): Example => ({
    label: name,
    inputs: [input],
    apply: (x) => apply(x!),
    reference: (x) => {
      const dtype = x!.dtype === 'float32' || ints === 'own' ? x!.dtype : ints;
      const result = zip(dtype, truth, withDtype(x!, dtype));
      return dtype === 'int32' ? { ...result, data: result.data.map((value) => value | 0) } : result;
    },
    tolerance,
  });
  const integers = fc.integer({ min: -20, max: 20 });
  const some = shapes().chain((shape) =>
    fc.oneof(
      { weight: 3, arbitrary: arrays(shape, domain) },
      { weight: 1, arbitrary: arrays(shape, integers, 'int32') },
      { weight: 1, arbitrary: arrays(shape, fc.constantFrom(0, 1), 'bool') },
    ),
  );
  return {
    examples: some.map(example),
    special: [example(nd([specialValues.length], specialValues))],
    ...(spread !== 'none' && {
      smooth: shapes(small)
        .chain((shape) => apart([shape], spread))
        .map(([x]) => example(x!)),
    }),
    wrong: [],
  };
}

type Binary = (a: Node | number, b: Node | number) => Node;

interface BinaryOptions {
  /** the function of int32 operands; undefined if they become float32 */
  readonly ints?: (a: number, b: number) => number;
  readonly domains?: readonly [fc.Arbitrary<number>, fc.Arbitrary<number>];
  readonly spread?: Spread | 'none';
  /** more examples for which derivatives are compared */
  readonly alsoSmooth?: fc.Arbitrary<Example>;
  readonly isSpecial?: (a: number, b: number) => boolean;
}

function promoted(a: Dtype, b: Dtype): Dtype {
  return a === 'float32' || b === 'float32' ? 'float32' : 'int32';
}

function isInt32(x: number): boolean {
  return Number.isInteger(x) && x >= -(2 ** 31) && x < 2 ** 31;
}

export function binary(name: ScalarName & keyof typeof ops, options: BinaryOptions = {}): Case {
  const { ints, domains = [finite, finite], spread = {}, isSpecial = () => true } = options;
  const truth = scalars[name] as (a: number, b: number) => number;
  const apply = ops[name] as Binary;
  const compute = (a: NdArray, b: NdArray): NdArray => {
    const dtype = promoted(a.dtype, b.dtype);
    const [x, y] = [withDtype(a, dtype), withDtype(b, dtype)];
    if (dtype === 'int32' && ints) return zip('int32', ints, x, y);
    return zip('float32', truth, withDtype(x, 'float32'), withDtype(y, 'float32'));
  };
  const tolerance = toleranceOf(name);
  const ofTwo = (inputs: readonly NdArray[]): Example => ({
    label: name,
    inputs,
    apply: (a, b) => apply(a!, b!),
    reference: (a, b) => compute(a!, b!),
    tolerance,
  });
  const withNumber = (input: NdArray, number: number, isFirst: boolean): Example => ({
    label: `${name}, ${isFirst ? 'first' : 'second'} operand the number ${number}`,
    inputs: [input],
    apply: (x) => (isFirst ? apply(number, x!) : apply(x!, number)),
    reference: (x) => {
      const scalar = nd([], [number], x!.dtype !== 'float32' && isInt32(number) ? 'int32' : 'float32');
      return isFirst ? compute(scalar, x!) : compute(x!, scalar);
    },
    tolerance,
  });
  const pair = broadcastable(2).chain((both) =>
    fc.tuple(
      ...both.map((shape, i) =>
        fc.oneof(
          { weight: 3, arbitrary: arrays(shape, domains[i]!) },
          { weight: 2, arbitrary: anyArray(shape, ['int32', 'bool']) },
        ),
      ),
    ),
  );
  const numbers = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(0.5, 1.25, -(2 ** 31), 2 ** 31, 2 ** 31 - 1),
  );
  const single = fc.tuple(
    shapes().chain((shape) => anyArray(shape, ['int32', 'bool'])),
    numbers,
    fc.boolean(),
  );
  const special = specialValues
    .flatMap((a) => specialValues.map((b) => [a, b] as const))
    .filter(([a, b]) => isSpecial(a, b));
  const smooth =
    spread !== 'none' &&
    broadcastable(2, small)
      .chain((both) => apart(both, spread))
      .map(ofTwo);
  return {
    examples: fc.oneof(
      { weight: 3, arbitrary: pair.map(ofTwo) },
      { weight: 1, arbitrary: single.map(([x, n, first]) => withNumber(x, n, first)) },
    ),
    special: [
      ofTwo(
        [0, 1].map((i) =>
          nd(
            [special.length],
            special.map((values) => values[i]!),
          ),
        ),
      ),
    ],
    ...(smooth && { smooth: options.alsoSmooth ? fc.oneof(smooth, options.alsoSmooth) : smooth }),
    wrong: unbroadcastable(apply),
  };
}

export function unbroadcastable(apply: (a: Node, b: Node) => unknown): readonly Wrong[] {
  return [
    { call: () => apply(node([2, 3]), node([2, 4])), error: 'ShapeError' },
    { call: () => apply(node([0]), node([2])), error: 'ShapeError' },
    { call: () => apply(node([3, 1]), node([2, 1])), error: 'ShapeError' },
  ];
}

/** xᵇ for a number b, for x of any sign and zero. */
const numberPower: fc.Arbitrary<Example> = fc
  .tuple(shapes(small), fc.constantFrom(0, 1, 2, 3, 5))
  .chain(([shape, n]) =>
    fc.tuple(
      arrays(
        shape,
        fc.oneof(
          fc.constant(0),
          fc.integer({ min: -128, max: 128 }).map((x) => x / 64),
        ),
      ),
      fc.constant(n),
    ),
  )
  .map(([x, n]) => ({
    label: `pow ${n}`,
    inputs: [x],
    apply: (a) => ops.pow(a!, n),
    reference: (a) => zip('float32', (value) => value ** n, a!),
    tolerance: { ulps: 2 },
  }));

function integerPower(a: number, n: number): number {
  if (n < 0) return a === 1 ? 1 : a === -1 ? (n % 2 === 0 ? 1 : -1) : 0;
  return Number(BigInt.asIntN(32, powerModulo(BigInt(a), BigInt(n))));
}

function powerModulo(a: bigint, n: bigint): bigint {
  let product = 1n;
  for (let square = a, rest = n; rest > 0n; rest >>= 1n, square = BigInt.asIntN(32, square * square)) {
    if (rest & 1n) product = BigInt.asIntN(32, product * square);
  }
  return product;
}

const clip: Case = (() => {
  const ofThree = (inputs: readonly NdArray[]): Example => ({
    label: 'clip',
    inputs,
    apply: (x, low, high) => ops.clip(x!, low!, high!),
    reference: (x, low, high) => zip('float32', (v, l, h) => Math.min(Math.max(v, l), h), x!, low!, high!),
    tolerance: 'rounded',
  });
  const ofNumbers = (x: NdArray): Example => ({
    label: 'clip to -1, 2',
    inputs: [x],
    apply: (value) => ops.clip(value!, -1, 2),
    reference: (value) =>
      zip(value!.dtype === 'float32' ? 'float32' : 'int32', (v) => Math.min(Math.max(v, -1), 2), value!),
    tolerance: 'rounded',
  });
  return {
    examples: fc.oneof(
      broadcastable(3)
        .chain((three) => fc.tuple(...three.map((shape) => arrays(shape, finite))))
        .map(ofThree),
      shapes()
        .chain((shape) => anyArray(shape))
        .map(ofNumbers),
    ),
    special: [ofNumbers(nd([specialValues.length], specialValues))],
    smooth: broadcastable(3, small)
      .chain((three) => apart(three, { step: 1, from: -5 }))
      .map(ofThree),
    wrong: unbroadcastable((a, b) => ops.clip(a, b, 1)),
  };
})();

const wide = fc.oneof(moderate, fc.float({ min: -100, max: 100, noNaN: true }));
const above = { from: 0.3, step: 0.25 };

export const elementwise = {
  abs: unary('abs', { ints: 'int32' }),
  add: binary('add', { ints: (a, b) => (a + b) | 0 }),
  ceil: unary('ceil', { ints: 'own' }),
  clip,
  cos: unary('cos'),
  div: binary('div', { spread: above }),
  erf: unary('erf'),
  erfc: unary('erfc', { tolerance: { ulps: 2.05 } }),
  exp: unary('exp', { domain: wide }),
  expm1: unary('expm1', { domain: wide }),
  floor: unary('floor', { ints: 'own' }),
  log: unary('log', { domain: positive, spread: above }),
  log1p: unary('log1p', { domain: positive, spread: { from: -0.6, step: 0.25 } }),
  maximum: binary('maximum', { ints: Math.max }),
  minimum: binary('minimum', { ints: Math.min }),
  mod: binary('mod', { ints: (a, b) => (b === 0 ? 0 : scalars.mod(a, b) | 0), spread: { from: 1.5, step: 0.05 } }),
  mul: binary('mul', { ints: Math.imul }),
  neg: unary('neg', { ints: 'int32' }),
  pow: binary('pow', { ints: integerPower, spread: above, alsoSmooth: numberPower }),
  reciprocal: unary('reciprocal', { spread: above }),
  relu: unary('relu'),
  round: unary('round', { ints: 'own' }),
  rsqrt: unary('rsqrt', { domain: positive, spread: above }),
  sigmoid: unary('sigmoid', { domain: wide }),
  sign: unary('sign', { ints: 'int32' }),
  sin: unary('sin'),
  softplus: unary('softplus', { domain: wide }),
  sqrt: unary('sqrt', { domain: positive, spread: above }),
  square: unary('square', { ints: 'int32' }),
  stopGradient: unary('stopGradient', { ints: 'own', spread: 'none' }),
  sub: binary('sub', { ints: (a, b) => (a - b) | 0 }),
  tan: unary('tan', { spread: { from: -1.2, step: 0.18 } }),
  tanh: unary('tanh'),
} as const;
