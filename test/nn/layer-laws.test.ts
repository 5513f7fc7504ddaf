// The laws of every layer: its result has the shape that it declares; a row alone has the bits it has in a batch; the number of
// threads changes no bit, nor does compiling; and a layer made again from its config is the same layer.

import {
  type ConstraintName,
  dense,
  type Layer,
  type LayerConfig,
  l1,
  l1l2,
  l2,
  layerFrom,
  maxNorm,
  nonNeg,
  type Regularizer,
  type RegularizerName,
  unitNorm,
} from '@treadle/nn';
import {
  compile,
  gradients,
  randomNormal,
  setSeed,
  setThreads,
  stack,
  type Tensor,
  tensor,
  threads,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { difference } from '../support/bits.ts';
import { derivative } from '../support/differences.ts';
import { computeBounded } from '../support/running-error.ts';
import { buildAll, callAll, namedVariablesOf } from './apply.ts';
import { type Sample, titledSamples } from './layer-samples.ts';

function inputsFor({ shapes, vocabulary }: Sample, batch: number, seed: number): readonly Tensor[] {
  return shapes.map((shape, i) => {
    const x = randomNormal([batch, ...shape], { seed: seed + i });
    return (
      vocabulary
        ? x
            .abs()
            .mul(3)
            .minimum(vocabulary - 1)
            .cast('int32')
        : x
    ).realize();
  });
}

/** The layer, built with weights that the seed says. */
function built(sample: Sample, make: () => Layer = sample.make): Layer {
  setSeed(7);
  const layer = make();
  buildAll(layer, sample.shapes);
  for (const v of layer.variables) v.assign(v.add(randomNormal(v.shape, { stddev: 0.1, seed: v.size })).abs());
  return layer;
}

const before = threads();
afterAll(() => setThreads(before));

describe.each(titledSamples)('%s', (_, sample) => {
  test('gives what it declares, for any number of rows', () => {
    const layer = built(sample);
    const declared = buildAll(layer, sample.shapes);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.boolean(), (batch, training) => {
        const results = callAll(layer, inputsFor(sample, batch, 1), { training });
        expect(results.map(({ shape }) => shape)).toEqual(declared.map((shape) => [batch, ...shape]));
      }),
      { numRuns: 4 },
    );
  });

  test('gives a row alone the bits that it has in a batch', () => {
    const layer = built(sample);
    const xs = inputsFor(sample, 3, 5);
    const whole = callAll(layer, xs, { training: false });
    const rows = [0, 1, 2].map((i) =>
      callAll(
        layer,
        xs.map((x) => x.slice([i], [i + 1])),
        { training: false },
      ),
    );
    whole.forEach((y, k) => {
      const alone = stack(rows.map((results) => results[k]?.squeeze(0) ?? 0));
      expect(difference(y, alone)).toBeUndefined();
    });
  });

  test('gives the same bits on 1, 2 and 3 threads, compiled or not, with its gradients', () => {
    const xs = inputsFor(sample, 3, 9);
    const run = (count: number, isCompiled: boolean): readonly Tensor[] => {
      setThreads(count);
      const layer = built(sample);
      const variables = layer.variables.filter((v) => v.trainable);
      const f = (inputs: readonly Tensor[]): readonly Tensor[] => {
        const results = callAll(layer, inputs, { training: true });
        const total = results.map((y) => y.cast('float32').square().sum()).reduce((a, b) => a.add(b));
        return [...results, ...gradients(total, variables)];
      };
      const all = (isCompiled ? compile(f) : f)(xs);
      return [...all, ...layer.variables.filter((v) => !v.trainable)].map((t) => t.realize());
    };
    const expected = run(1, true);
    for (const [count, isCompiled] of [
      [2, true],
      [3, true],
      [1, false],
    ] as const) {
      run(count, isCompiled).forEach((got, i) => {
        expect(difference(got, expected[i] ?? tensor(0)), `${count} threads, result ${i}`).toBeUndefined();
      });
    }
  });

  test('has the gradient of what it computes, in float64 and within the bound of float32', () => {
    const layer = built(sample);
    const xs = inputsFor(sample, 2, 5).map((x) => (sample.vocabulary ? x : variable(x)));
    const factors = (y: Tensor): Tensor => randomNormal(y.shape, { seed: 4 }).realize();
    const total = callAll(layer, xs, { training: false })
      .map((y) => y.mul(factors(y)).sum())
      .reduce((a, b) => a.add(b));
    const moved = [...layer.variables.filter((v) => v.trainable), ...xs.filter((x) => x.dtype === 'float32')];
    const slopes = gradients(total, moved);
    const values = [...layer.variables, ...xs].map((v) => ({ v, at: [...v.data()] }));
    const direction = (i: number): number => Math.sin(i + 1);
    const at = (t: number): ReadonlyMap<Tensor['node'], readonly number[]> =>
      new Map(values.map((each) => [each.v.node, alongIf(moved.includes(each.v), each.at, t)]));
    const alongIf = (isMoved: boolean, x: readonly number[], t: number): readonly number[] =>
      isMoved ? x.map((value, i) => value + t * direction(i)) : x;
    const exact = computeBounded(
      slopes.map(({ node }) => node),
      at(0),
    );
    const along = exact
      .flatMap((each) => each.values.map((slope, i) => slope * direction(i)))
      .reduce((a, b) => a + b, 0);
    // float64 rounds as float32 does, 2²⁹ times finer
    const { value, error } = derivative((t) => {
      const [sum] = computeBounded([total.node], at(t));
      return { value: sum!.values[0]!, error: sum!.errors[0]! * 2 ** -29 };
    }, 2 ** -10);
    expect(Math.abs(along - value)).toBeLessThanOrEqual(error + 2 ** -40 * Math.abs(value));
    slopes.forEach((slope, k) => {
      slope.data().forEach((value, i) => {
        expect(Math.abs(value - exact[k]!.values[i]!)).toBeLessThanOrEqual(exact[k]!.errors[i]! + 2 ** -40);
      });
    });
  });

  test('is the same layer when made again from its config', () => {
    const layer = built(sample);
    const config: LayerConfig = JSON.parse(JSON.stringify(layer.config?.()));
    const again = built(sample, () => layerFrom(config));
    expect(again.config?.()).toEqual(layer.config?.());
    const names = [...namedVariablesOf(layer).keys()];
    expect([...namedVariablesOf(again).keys()]).toEqual(names);
    for (const [name, v] of namedVariablesOf(again)) v.assign(namedVariablesOf(layer).get(name) ?? 0);
    const xs = inputsFor(sample, 2, 3);
    for (const training of [false, true]) {
      const [a, b] = [layer, again].map((each) => callAll(each, xs, { training }));
      a?.forEach((y, i) => {
        expect(difference(y, b?.[i] ?? tensor(0))).toBeUndefined();
      });
    }
    expect(again.losses?.().map((t) => t.item())).toEqual(layer.losses?.().map((t) => t.item()));
    const constrained = (each: Layer): unknown => each.variables.map((v) => v.constraint?.(v).toArray());
    expect(constrained(again)).toEqual(constrained(layer));
  });
});

/** All constraints, each with an option where it has some. A new one that is missing here does not compile. */
const constraints: Readonly<Record<ConstraintName, NonNullable<Layer['variables'][number]['constraint']>>> = {
  maxNorm: maxNorm(0.5, { axis: [0, 1] }),
  nonNeg: nonNeg(),
  unitNorm: unitNorm({ axis: 1 }),
};

test.each(Object.entries(constraints))('the constraint %s is the same when made again from its config', (_, given) => {
  const layer = dense(3, { kernelConstraint: given });
  const again = layerFrom(JSON.parse(JSON.stringify(layer.config?.())));
  expect(again.config?.()).toEqual(layer.config?.());
  for (const each of [layer, again]) each.build([2]);
  const w = tensor([
    [1, -2, 3],
    [-4, 5, 6],
  ]);
  expect(again.variables[0]?.constraint?.(w).toArray()).toEqual(given(w).toArray());
});

/** All regularizers likewise. */
const regularizers: Readonly<Record<RegularizerName, Regularizer>> = {
  l1: l1(0.5),
  l1l2: l1l2({ l1: 1, l2: 2 }),
  l2: l2(3),
};

test.each(Object.entries(regularizers))(
  'the regularizer %s is the same when made again from its config',
  (_, given) => {
    const layer = dense(2, { kernelInitializer: 'ones', kernelRegularizer: given });
    const again = layerFrom(JSON.parse(JSON.stringify(layer.config?.())));
    expect(again.config?.()).toEqual(layer.config?.());
    for (const each of [layer, again]) each.build([3]);
    const [penalty, expected] = [again, layer].map((each) => each.losses?.().map((t) => t.item()));
    expect(penalty).toEqual(expected);
  },
);
