// The laws of every layer: its result has the shape that it declares; a row alone has the bits it has in a batch; the number of
// threads changes no bit, nor does compiling; and a layer made again from its config is the same layer.

import {
  activation,
  add,
  average,
  batchNormalization,
  bidirectional,
  concatenate,
  dense,
  dot,
  dropout,
  embedding,
  flatten,
  gaussianNoise,
  groupNormalization,
  gru,
  gruCell,
  type Layer,
  type LayerConfig,
  l1l2,
  layerFrom,
  layerNormalization,
  lstm,
  lstmCell,
  masking,
  maximum,
  maxNorm,
  maxout,
  minimum,
  multiHeadAttention,
  multiply,
  nonNeg,
  permute,
  positionEmbedding,
  prelu,
  repeatVector,
  reshape,
  rmsNormalization,
  rnn,
  simpleRnn,
  subtract,
  timeDistributed,
  transformerEncoder,
  unitNorm,
} from '@treadle/nn';
import {
  compile,
  gradients,
  randomNormal,
  type Shape,
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

interface Sample {
  readonly make: () => Layer;
  /** of one sample of each input */
  readonly shapes: readonly Shape[];
  /** inputs are whole numbers below it */
  readonly vocabulary?: number;
}

const one = (make: () => Layer, ...shapes: readonly Shape[]): Sample => ({ make, shapes });

const samples: Readonly<Record<string, Sample>> = {
  dense: one(() => dense(5, { activation: 'gelu', kernelConstraint: maxNorm(1), biasConstraint: nonNeg() }), [7]),
  'dense over steps': one(() => dense(5, { kernelRegularizer: l1l2({ l1: 0.1, l2: 0.2 }) }), [4, 7]),
  flatten: one(() => flatten(), [3, 4]),
  reshape: one(() => reshape([2, -1]), [3, 4]),
  permute: one(() => permute([2, 1]), [3, 4]),
  repeatVector: one(() => repeatVector(3), [4]),
  activation: one(() => activation('mish'), [4]),
  prelu: one(() => prelu({ alphaInitializer: 'ones', sharedAxes: [1] }), [3, 4]),
  dropout: one(() => dropout(0.5, { seed: 3 }), [40]),
  gaussianNoise: one(() => gaussianNoise(0.5, { seed: 3 }), [40]),
  embedding: { make: () => embedding(9, 4, { maskZero: true }), shapes: [[6]], vocabulary: 9 },
  positionEmbedding: one(() => positionEmbedding(8), [5, 3]),
  masking: one(() => masking(0), [4, 3]),
  maxout: one(() => maxout(3, 4), [5]),
  batchNormalization: one(() => batchNormalization({ gammaConstraint: unitNorm() }), [4, 3]),
  layerNormalization: one(() => layerNormalization(), [4, 6]),
  'layerNormalization over two axes': one(() => layerNormalization({ axis: [-2, -1], center: false }), [4, 6]),
  groupNormalization: one(() => groupNormalization(2), [5, 6]),
  rmsNormalization: one(() => rmsNormalization({ scale: false }), [4, 6]),
  simpleRnn: one(() => simpleRnn(4), [5, 3]),
  lstm: one(() => lstm(4, { returnSequences: true, returnState: true }), [5, 3]),
  'lstm with dropout': one(() => lstm(4, { dropout: 0.5, recurrentDropout: 0.25, seed: 1 }), [5, 3]),
  'lstm from a state': one(() => lstm(4, { unitForgetBias: false }), [5, 3], [4], [4]),
  rnn: one(
    () =>
      rnn([lstmCell(3), gruCell(4, { kernelRegularizer: l1l2({ l1: 0.1 }) })], {
        returnSequences: true,
        goBackwards: true,
      }),
    [5, 3],
  ),
  gru: one(() => gru(4, { returnSequences: true, goBackwards: true }), [5, 3]),
  'gru that resets before': one(() => gru(4, { resetAfter: false }), [5, 3]),
  bidirectional: one(() => bidirectional(gru(3, { returnSequences: true }), { mergeMode: 'ave' }), [5, 3]),
  'bidirectional with states': one(() => bidirectional(lstm(3, { returnState: true })), [5, 3], [3], [3], [3], [3]),
  timeDistributed: one(() => timeDistributed(dense(4, { activation: 'tanh' })), [5, 3]),
  multiHeadAttention: one(() => multiHeadAttention(2, 3, { useCausalMask: true }), [5, 4]),
  'multiHeadAttention of three': one(
    () => multiHeadAttention(2, 3, { valueDim: 5, outputDim: 6 }),
    [5, 4],
    [7, 3],
    [7, 2],
  ),
  transformerEncoder: one(() => transformerEncoder(8, 2, { activation: 'gelu', dropout: 0.5, seed: 2 }), [5, 6]),
  'transformerEncoder, normalized first': one(() => transformerEncoder(8, 2, { normalizeFirst: true }), [5, 6]),
  add: one(() => add(), [4, 3], [4, 3], [4, 1]),
  subtract: one(() => subtract(), [4], [4]),
  multiply: one(() => multiply(), [4], [4], [4]),
  average: one(() => average(), [4], [4], [4]),
  maximum: one(() => maximum(), [4], [4]),
  minimum: one(() => minimum(), [4], [4]),
  concatenate: one(() => concatenate(), [4, 3], [4, 2]),
  'concatenate along steps': one(() => concatenate({ axis: 1 }), [4, 3], [2, 3]),
  dot: one(() => dot([2, 1]), [4, 3], [3, 5]),
  'dot of vectors': one(() => dot(1, { normalize: true }), [4], [4]),
};

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

describe.each(Object.entries(samples))('%s', (_, sample) => {
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

  // the float64 reference computes neither rows that are gathered at whole numbers, nor any
  const hasReference = sample.vocabulary === undefined && sample.make().kind !== 'masking';
  test.runIf(hasReference)('has the gradient of what it computes, in float64 and within the bound of float32', () => {
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
