// How dtypes mix. As in NumPy, the result holds the values of both operands; where NumPy would take float64 it is float32, and
// arithmetic counts true as 1, so that bool mixed with bool is int32.

import { type Dtype, full, matmul, ones, stack, type Tensor, where } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';

const dtypes = ['bool', 'uint8', 'int32', 'float16', 'float32'] as const;
const of = (dtype: Dtype): Tensor => full([2], 1, { dtype });

/** float16 does not hold every int32. */
const widest = (a: Dtype, b: Dtype): Dtype =>
  [a, b].includes('int32') && [a, b].includes('float16') ? 'float32' : dtypes.indexOf(a) > dtypes.indexOf(b) ? a : b;
const isFloat = (dtype: Dtype): boolean => dtype === 'float32' || dtype === 'float16';
const counted = (a: Dtype, b: Dtype): Dtype => (isFloat(a) || isFloat(b) ? 'float32' : 'int32');
const pairs = dtypes.flatMap((a) => dtypes.map((b) => [a, b] as const));

describe.each(pairs)('%s with %s', (a, b) => {
  test('is computed as int32 or float32 in arithmetic', () => {
    for (const op of ['add', 'sub', 'mul', 'pow', 'mod', 'maximum', 'minimum'] as const) {
      expect(of(a)[op](of(b)).dtype, op).toBe(counted(a, b));
    }
  });

  test('is float32 in a division and a matrix product', () => {
    expect(of(a).div(of(b)).dtype).toBe('float32');
    expect(matmul(of(a), of(b)).dtype).toBe('float32');
  });

  test('is bool in a comparison', () => {
    for (const op of [
      'equal',
      'notEqual',
      'less',
      'lessEqual',
      'greater',
      'greaterEqual',
      'logicalAnd',
      'logicalOr',
    ] as const) {
      expect(of(a)[op](of(b)).dtype, op).toBe('bool');
    }
  });

  test('is computed with in a choice, unless both are the same', () => {
    const choice = where(ones([2], { dtype: 'bool' }), of(a), of(b));
    expect(choice.dtype).toBe(a === b ? a : counted(a, b));
  });

  test('is stacked as the wider of the two', () => {
    expect(stack([of(a), of(b)]).dtype).toBe(widest(a, b));
  });
});

test('a number takes the dtype of the other operand where that can hold it', () => {
  const cases: readonly [Dtype, number, Dtype][] = [
    ['bool', 1, 'int32'],
    ['bool', 0.5, 'float32'],
    ['int32', 1, 'int32'],
    ['int32', 1.5, 'float32'],
    ['int32', -(2 ** 31), 'int32'],
    ['int32', 2 ** 31, 'float32'],
    ['int32', Number.NaN, 'float32'],
    ['uint8', 1, 'int32'],
    ['uint8', 0.5, 'float32'],
    ['float16', 1, 'float32'],
    ['float32', 1, 'float32'],
    ['float32', 1.5, 'float32'],
  ];
  for (const [dtype, number, result] of cases) {
    expect(of(dtype).add(number).dtype, `${dtype} + ${number}`).toBe(result);
    expect(of(dtype).maximum(number).dtype, `${dtype} max ${number}`).toBe(result);
  }
});

test('real functions give float32, rounding and sign keep integers, sums of bool count', () => {
  for (const dtype of dtypes) {
    const t = of(dtype);
    for (const op of [
      'exp',
      'log',
      'sqrt',
      'tanh',
      'sin',
      'reciprocal',
      'mean',
      'std',
      'variance',
      'softmax',
      'logSumExp',
    ] as const) {
      expect(t[op]().dtype, op).toBe('float32');
    }
    for (const op of ['neg', 'abs', 'sign', 'square', 'sum', 'prod', 'max', 'min'] as const) {
      expect(t[op]().dtype, op).toBe(counted(dtype, 'bool'));
    }
    for (const op of ['floor', 'ceil', 'round'] as const) {
      expect(t[op]().dtype, op).toBe(isFloat(dtype) ? 'float32' : dtype);
    }
    for (const op of ['any', 'all', 'logicalNot'] as const) expect(t[op]().dtype, op).toBe('bool');
    for (const op of ['argmax', 'argmin'] as const) expect(t[op]().dtype, op).toBe('int32');
  }
});
