// jax-js as a peer, jitted, on its WebAssembly backend, which has one thread on Node. A function of jax-js consumes
// its arguments, so an array that is needed again is passed as `.ref`.

import { type Array as Arr, init, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { type Prepared, serve } from './peer.ts';
import {
  type Input,
  type Inputs,
  input,
  learningRate,
  type Row,
  steps,
  type TrainRow,
  trainedNames,
  weightNames,
} from './row.ts';

await init('wasm');

const toArray = ({ values, shape }: Input): Arr => np.array(values).reshape(shape);

function compute(f: (...args: Arr[]) => Arr, args: readonly Arr[]): Prepared {
  const jitted = jit(f);
  const call = (): Arr => jitted(...args.map((a) => a.ref));
  const run = async (): Promise<void> => {
    const result = call();
    await result.blockUntilReady();
    result.dispose();
  };
  return { run, isAsync: true, result: async () => Float32Array.from(await call().data()) };
}

function network(weights: readonly Arr[], x: Arr): Arr {
  let h = x;
  for (let l = 0; l < weights.length; l += 2) {
    const z = np.matmul(h, weights[l]!).add(weights[l + 1]!);
    h = l + 2 < weights.length ? nn.relu(z) : z;
  }
  return h;
}

/** A step of Adam: the new weight, m and v. `rate` includes the bias corrections. */
function adam(weight: Arr, m: Arr, v: Arr, gradient: Arr, rate: Arr): { weight: Arr; m: Arr; v: Arr } {
  const mean = m.mul(0.9).add(gradient.ref.mul(0.1));
  const square = v.mul(0.999).add(gradient.ref.mul(gradient).mul(0.001));
  const move = mean.ref.mul(rate).div(np.sqrt(square.ref).add(1e-7));
  return { weight: weight.sub(move), m: mean, v: square };
}

/** The convolutions of jax-js are channels-first; images are transposed back before they are flattened. */
function lenet([w0, b0, w1, b1, ...dense]: readonly Arr[], x: Arr): Arr {
  const layer = (images: Arr, w: Arr, b: Arr, padding: 'SAME' | 'VALID'): Arr => {
    const z = nn.relu(lax.conv(images, np.transpose(w, [3, 2, 0, 1]), [1, 1], padding).add(b.reshape([1, -1, 1, 1])));
    const [n = 0, c = 0, rows = 0, columns = 0] = z.shape;
    return np.max(z.reshape([n, c, rows / 2, 2, columns / 2, 2]), [3, 5]);
  };
  const second = layer(layer(np.transpose(x, [0, 3, 1, 2]), w0!, b0!, 'SAME'), w1!, b1!, 'VALID');
  const batch = second.shape[0] ?? 0;
  return network(dense, np.transpose(second, [0, 2, 3, 1]).reshape([batch, -1]));
}

function train(row: TrainRow, inputs: Inputs): Prepared {
  const { batch } = row;
  const classes = row.kind === 'train' ? (row.sizes.at(-1) ?? 1) : 10;
  const model = row.kind === 'train' ? network : lenet;
  const lossOf = (weights: Arr[], x: Arr, y: Arr): Arr => {
    const outputs = model(weights, x);
    if (classes === 1) return np.square(outputs.sub(y)).mean();
    return nn
      .logSoftmax(outputs)
      .mul(y)
      .sum()
      .mul(-1 / batch);
  };
  const update = jit((weights: Arr[], ms: Arr[], vs: Arr[], rate: Arr, x: Arr, y: Arr) => {
    const [loss, gradients] = valueAndGrad(lossOf)(
      weights.map((w) => w.ref),
      x,
      y,
    );
    const moved = weights.map((w, i) => adam(w, ms[i]!, vs[i]!, gradients[i]!, rate.ref));
    rate.dispose();
    return [loss, moved.map(({ weight }) => weight), moved.map(({ m }) => m), moved.map(({ v }) => v)] as const;
  });
  const begin = () => {
    let weights = trainedNames(row).map((name) => toArray(input(inputs, name)));
    let ms = weights.map((w) => np.zeros(w.shape));
    let vs = weights.map((w) => np.zeros(w.shape));
    const x = toArray(input(inputs, 'x'));
    const labels = input(inputs, 'y').values;
    const targets = classes === 1 ? labels : oneHot(labels, classes);
    const y = np.array(targets).reshape([batch, classes]);
    let t = 0;
    return async (): Promise<Arr> => {
      t++;
      const rate = (learningRate * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
      const [loss, ...rest] = update(weights, ms, vs, np.array(rate), x.ref, y.ref);
      [weights, ms, vs] = rest;
      await Promise.all([loss, ...rest.flat()].map((a) => a.blockUntilReady()));
      return loss;
    };
  };
  const step = begin();
  const result = async (): Promise<Float32Array> => {
    const fresh = begin();
    const losses = new Float32Array(steps);
    for (let t = 0; t < steps; t++) losses[t] = (await (await fresh()).data())[0] ?? Number.NaN;
    return losses;
  };
  return { run: async () => (await step()).dispose(), isAsync: true, result };
}

function oneHot(labels: Float32Array, classes: number): Float32Array {
  const hot = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    hot[i * classes + label] = 1;
  });
  return hot;
}

function prepare(row: Row, inputs: Inputs): Prepared {
  const all = (...names: string[]): Arr[] => names.map((name) => toArray(input(inputs, name)));
  switch (row.kind) {
    case 'matmul':
      return compute((a, b) => np.matmul(a!, b!), all('a', 'b'));
    case 'fused':
      return compute((a, b, c) => np.tanh(a!.ref.mul(b!).add(c!)).mul(nn.sigmoid(a!)).sum(), all('a', 'b', 'c'));
    case 'softmax':
      return compute((a) => nn.softmax(a!, -1), all('a'));
    case 'columnSums':
      return compute((a) => a!.sum(0), all('a'));
    case 'transpose':
      return compute((a) => np.transpose(a!), all('a'));
    case 'forward':
      return compute((x, ...weights) => network(weights, x!), all('x', ...weightNames(row.sizes)));
    case 'train':
    case 'trainLenet':
      return train(row, inputs);
  }
}

await serve(prepare);
