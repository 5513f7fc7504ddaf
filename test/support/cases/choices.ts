// Cases of comparisons, logic, choices and casts.

import { type Dtype, type Node, ops } from '@treadle/graph';
import fc from 'fast-check';
import { specialValues } from '../../kernels/math/functions.ts';
import { type NdArray, nd, type Shape, withDtype, zip } from '../reference.ts';
import {
  allDtypes,
  anyArray,
  apart,
  arrays,
  broadcastable,
  type Case,
  type Example,
  type ShapeLimits,
  shapes,
  small,
} from './case.ts';
import { unbroadcastable } from './elementwise.ts';
import { node } from './nodes.ts';

type Binary = (a: Node, b: Node) => Node;

function comparison(name: keyof typeof ops, holds: (a: number, b: number) => boolean): Case {
  const apply = ops[name] as Binary;
  const example = (inputs: readonly NdArray[]): Example => ({
    label: name,
    inputs,
    apply: (a, b) => apply(a!, b!),
    reference: (a, b) => {
      const isFloat = a!.dtype === 'float32' || b!.dtype === 'float32';
      const [x, y] = isFloat ? [withDtype(a!, 'float32'), withDtype(b!, 'float32')] : [a!, b!];
      return zip('bool', (v, w) => (holds(v, w) ? 1 : 0), x, y);
    },
    tolerance: 'rounded',
  });
  const near = (shape: Shape) => fc.oneof(anyArray(shape), arrays(shape, fc.constantFrom(-1, 0, 1, -0, NaN)));
  const special = specialValues.flatMap((a) => specialValues.map((b) => [a, b] as const));
  return {
    examples: broadcastable(2)
      .chain((both) => fc.tuple(...both.map(near)))
      .map(example),
    special: [
      example(
        [0, 1].map((i) =>
          nd(
            [special.length],
            special.map((pair) => pair[i]!),
          ),
        ),
      ),
    ],
    wrong: unbroadcastable(apply),
  };
}

function logic(name: 'logicalAnd' | 'logicalOr', holds: (a: boolean, b: boolean) => boolean): Case {
  return comparison(name, (a, b) => holds(a !== 0, b !== 0));
}

const logicalNot: Case = {
  examples: shapes()
    .chain((shape) => anyArray(shape))
    .map((x) => ({
      label: 'logicalNot',
      inputs: [x],
      apply: (a) => ops.logicalNot(a!),
      reference: (a) => zip('bool', (v) => (v === 0 ? 1 : 0), a!),
      tolerance: 'rounded',
    })),
  wrong: [],
};

const where: Case = (() => {
  const example = (inputs: readonly NdArray[]): Example => ({
    label: 'where',
    inputs,
    apply: (condition, a, b) => ops.where(condition!, a!, b!),
    reference: (condition, a, b) => {
      const dtypes = [a!.dtype, b!.dtype];
      const wider = dtypes.includes('float32') ? 'float32' : dtypes.includes('int32') ? 'int32' : 'bool';
      const dtype = dtypes[0] === dtypes[1] ? a!.dtype : wider;
      return zip(dtype, (c, x, y) => (c !== 0 ? x : y), condition!, withDtype(a!, dtype), withDtype(b!, dtype));
    },
    tolerance: 'rounded',
  });
  const draw = (limits: ShapeLimits, sides: (two: readonly Shape[]) => fc.Arbitrary<readonly NdArray[]>) =>
    broadcastable(3, limits).chain(([first, ...others]) =>
      fc.tuple(anyArray(first!, ['bool']), sides(others)).map(([c, two]) => example([c, ...two])),
    );
  return {
    examples: draw({}, (two) => fc.tuple(...two.map((shape) => anyArray(shape)))),
    smooth: draw(small, (two) => apart(two)),
    wrong: [
      ...unbroadcastable((a, b) => ops.where(node([], 'bool'), a, b)),
      { call: () => ops.where(node([2]), 1, 2), error: 'DtypeError' },
      { call: () => ops.where(node([2], 'int32'), 1, 2), error: 'DtypeError' },
      { call: () => ops.where(node([2], 'bool'), node([3]), 2), error: 'ShapeError' },
    ],
  };
})();

const cast: Case = (() => {
  const example = (x: NdArray, dtype: Dtype): Example => ({
    label: `cast to ${dtype}`,
    inputs: [x],
    apply: (value) => ops.cast(value!, dtype),
    reference: (value) => (value!.dtype === dtype ? value! : withDtype(value!, dtype)),
    tolerance: 'rounded',
  });
  return {
    examples: fc
      .tuple(
        shapes().chain((shape) => anyArray(shape, allDtypes)),
        fc.constantFrom(...allDtypes),
      )
      .map(([x, dtype]) => example(x, dtype)),
    special: allDtypes.map((dtype) => example(nd([specialValues.length], specialValues), dtype)),
    smooth: shapes(small)
      .chain((shape) => apart([shape]))
      .map(([x]) => example(x!, 'float32')),
    wrong: [{ call: () => ops.cast(node([2]), 'float64' as Dtype), error: 'DtypeError' }],
  };
})();

export const choices = {
  cast,
  equal: comparison('equal', (a, b) => a === b),
  greater: comparison('greater', (a, b) => a > b),
  greaterEqual: comparison('greaterEqual', (a, b) => a >= b),
  less: comparison('less', (a, b) => a < b),
  lessEqual: comparison('lessEqual', (a, b) => a <= b),
  logicalAnd: logic('logicalAnd', (a, b) => a && b),
  logicalNot,
  logicalOr: logic('logicalOr', (a, b) => a || b),
  notEqual: comparison('notEqual', (a, b) => a !== b),
  where,
} as const;
