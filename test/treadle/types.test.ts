// What the types of the package say: results follow from arguments, names are known, options are those of each function. These are
// checked by the compiler, with the tests; nothing here is computed but where a line says so.

import * as treadle from 'treadle';
import {
  type Compiled,
  compile,
  type Dtype,
  dense,
  type Explanation,
  exp,
  explain,
  grad,
  gradients,
  input,
  type LossName,
  layers,
  type Model,
  matmul,
  model,
  ones,
  type Profile,
  profile,
  randomNormal,
  scan,
  sequential,
  split,
  Tensor,
  type TensorData,
  type TensorLike,
  tensor,
  topK,
  Variable,
  valueAndGrad,
  variable,
} from 'treadle';
import { describe, expect, expectTypeOf, test } from 'vitest';

describe('tensors', () => {
  const x = ones([2, 2]);

  test('a method has the type of the function without its first argument', () => {
    expectTypeOf(x.exp).toEqualTypeOf<() => Tensor>();
    expectTypeOf(exp).toEqualTypeOf<(x: TensorLike) => Tensor>();
    expectTypeOf(x.matmul).toEqualTypeOf<(b: TensorLike, options?: treadle.MatmulOptions) => Tensor>();
    expectTypeOf(matmul).toEqualTypeOf<(a: TensorLike, b: TensorLike, options?: treadle.MatmulOptions) => Tensor>();
    expectTypeOf(x.sum).toEqualTypeOf<(axes?: treadle.Axes, options?: treadle.ReduceOptions) => Tensor>();
    expectTypeOf(x.split(2)).toEqualTypeOf<Tensor[]>();
    expectTypeOf(split(x, 2)).toEqualTypeOf<Tensor[]>();
    expectTypeOf(x.topK(1)).toEqualTypeOf(topK(x, 1));
    expectTypeOf(topK(x, 1).indices).toEqualTypeOf<Tensor>();
  });

  test('every computing method has a function of the same type behind it', () => {
    // @ts-expect-error: a method takes no more than the function does
    x.exp(1);
    // @ts-expect-error: an axis is no text
    expect(() => x.sum('rows')).toThrow('sum: ');
    // @ts-expect-error: where needs both of its values
    expect(() => x.greater(0).where(1)).toThrow();
  });

  test('numbers, arrays, typed arrays and tensors become tensors, texts do not', () => {
    expectTypeOf<Parameters<typeof tensor>[0]>().toEqualTypeOf<TensorLike>();
    for (const given of [1, true, [1, 2], [[1], [2]], new Float32Array(2), x, [x, 1]] as const) {
      expectTypeOf(given).toExtend<TensorLike>();
    }
    expectTypeOf<string>().not.toExtend<TensorLike>();
    expectTypeOf<readonly string[]>().not.toExtend<TensorLike>();
    expectTypeOf(x.dtype).toEqualTypeOf<Dtype>();
    expectTypeOf(x.data()).toEqualTypeOf<TensorData>();
    expectTypeOf(x.read()).toEqualTypeOf<Promise<TensorData>>();
    expectTypeOf(x.sum().item()).toEqualTypeOf<number>();
  });

  test('a variable is a tensor whose assignments chain', () => {
    const v = variable(0);
    expectTypeOf(v).toEqualTypeOf<Variable>();
    expectTypeOf<Variable>().toExtend<Tensor>();
    expectTypeOf(v.assign(1).assignAdd(x.sum())).toEqualTypeOf<Variable>();
    expectTypeOf(v.add(1)).toEqualTypeOf<Tensor>();
  });

  test('an option that does not exist does not compile', () => {
    // @ts-expect-error: Python's spelling
    expect(() => x.sum(0, { keepdims: true })).toThrow('did you mean "keepDims"?');
    // @ts-expect-error: NumPy's name
    expect(() => randomNormal([2], { std: 1 })).toThrow('did you mean "stddev"?');
    // @ts-expect-error: no such dtype
    expect(() => tensor([1], { dtype: 'float64' })).toThrow('dtype must be');
  });
});

describe('gradients', () => {
  test('one for each tensor that they are asked for', () => {
    const [a, b] = [variable(1), variable(2)];
    expectTypeOf(gradients(a.mul(b), [a, b])).toEqualTypeOf<[Tensor, Tensor]>();
    const many: readonly Tensor[] = [a, b];
    expectTypeOf(gradients(a.mul(b), many)).toEqualTypeOf<Tensor[]>();
  });

  test('a tensor for a function of one, an array for a function of several', () => {
    const one = grad((x: Tensor) => x.square());
    expectTypeOf(one).toEqualTypeOf<(x: TensorLike) => Tensor>();
    const two = grad((x: Tensor, y: Tensor) => x.mul(y));
    expectTypeOf(two).returns.toEqualTypeOf<[Tensor, Tensor]>();
    expectTypeOf(two).parameters.toEqualTypeOf<[x: TensorLike, y: TensorLike]>();
    expectTypeOf(valueAndGrad((x: Tensor) => x.square())).returns.toEqualTypeOf<[value: Tensor, gradients: Tensor]>();
    expectTypeOf(valueAndGrad((x: Tensor, y: Tensor) => x.mul(y))).returns.toEqualTypeOf<
      [value: Tensor, gradients: [Tensor, Tensor]]
    >();
    expect(one(3).item()).toBe(6);
    expect(two(3, 4).map((t) => t.item())).toEqual([4, 3]);
  });
});

describe('functions of functions', () => {
  const f = (x: Tensor, { scale }: { scale: number }): { y: Tensor; n: number } => ({ y: x.mul(scale), n: 1 });

  test('a compiled function has the type of the function', () => {
    const g = compile(f);
    expectTypeOf(g).toEqualTypeOf<Compiled<[x: Tensor, { scale: number }], { y: Tensor; n: number }>>();
    expectTypeOf(g).toExtend<typeof f>();
    expectTypeOf(g.runAsync).toEqualTypeOf<
      (x: Tensor, options: { scale: number }) => Promise<{ y: Tensor; n: number }>
    >();
    expectTypeOf(g.inTurns).toEqualTypeOf(g.runAsync);
    // @ts-expect-error: the arguments are those of f
    expect(() => g(1)).toThrow();
  });

  test('explain and profile take the arguments of the function', () => {
    expectTypeOf(explain(f)).toEqualTypeOf<(x: Tensor, options: { scale: number }) => Explanation>();
    expectTypeOf(profile(f)).toEqualTypeOf<
      (x: Tensor, options: { scale: number }) => Profile<{ y: Tensor; n: number }>
    >();
  });

  test('a scan keeps the structure of its carry', () => {
    const run = () =>
      scan(
        (carry: { sum: Tensor }, x: Tensor) => [{ sum: carry.sum.add(x) }, [x, carry.sum] as const] as const,
        { sum: tensor(0) },
        tensor([1, 2]),
      );
    const [carry, ys] = run();
    expectTypeOf(carry.sum).toEqualTypeOf<Tensor>();
    expectTypeOf(ys).toEqualTypeOf<readonly [Tensor, Tensor]>();
    expect(carry.sum.item()).toBe(3);
  });
});

describe('models', () => {
  const x = input([2]);
  const [a, b] = [dense(1)(x), dense(3)(x)];

  test('answers have the structure of the outputs', () => {
    expectTypeOf(sequential([dense(1)])).toEqualTypeOf<Model>();
    expectTypeOf<ReturnType<Model['predict']>>().toEqualTypeOf<Promise<Tensor>>();
    expectTypeOf(model({ inputs: x, outputs: a }).predict).returns.toEqualTypeOf<Promise<Tensor>>();
    expectTypeOf(model({ inputs: x, outputs: [a, b] }).predict).returns.resolves.toExtend<readonly Tensor[]>();
    const named = model({ inputs: x, outputs: { score: a, kind: b } });
    expectTypeOf(named.predict).returns.resolves.toEqualTypeOf<Readonly<Record<string, Tensor>>>();
  });

  test('names of losses, metrics and optimizers are known', () => {
    const net = sequential([dense(1, { inputShape: [2], activation: 'relu' })]);
    expectTypeOf<'mse'>().toExtend<LossName>();
    expectTypeOf<'accuracy'>().toExtend<treadle.MetricName>();
    expectTypeOf<'adamW'>().toExtend<treadle.OptimizerName>();
    expectTypeOf<string>().not.toExtend<LossName>();
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] });
    // @ts-expect-error: no such loss
    expect(() => net.compile({ optimizer: 'adam', loss: 'meanSquareError' })).toThrow('loss: ');
    // @ts-expect-error: no such optimizer
    expect(() => net.compile({ optimizer: 'Adam', loss: 'mse' })).toThrow();
    // @ts-expect-error: no such activation
    expect(() => dense(1, { activation: 'reluu' })).toThrow();
    // @ts-expect-error: Python's spelling
    expect(() => dense(1, { use_bias: false })).toThrow('did you mean "useBias"?');
  });

  test('figures are numbers by their names', () => {
    expectTypeOf<ReturnType<Model['evaluate']>>().toExtend<Promise<{ readonly loss: number }>>();
    expectTypeOf<Awaited<ReturnType<Model['fit']>>['history']['loss']>().toEqualTypeOf<readonly number[]>();
  });

  test('a merging layer joins layers, a function of the same name computes', () => {
    expectTypeOf(layers.add()([a, a])).toEqualTypeOf<treadle.SymbolicTensor>();
    expectTypeOf(treadle.add(1, 2)).toEqualTypeOf<Tensor>();
    // @ts-expect-error: layers are not tensors
    expect(() => treadle.add(a, a)).toThrow('values must be numbers');
    // @ts-expect-error: merging layers are in `layers` only
    expect(treadle.multiply).toBeUndefined();
  });
});

test('classes are there at run time', () => {
  expect(new Set([Tensor, Variable, treadle.Model]).size).toBe(3);
});
