// TensorFlow.js as a peer, on its WebAssembly or its plain JavaScript backend. Both have one thread on Node.
// Argument: the backend. The layers package is imported because it registers gradients.

import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
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

await tf.setBackend(process.argv[2] ?? 'wasm');
await tf.ready();

const toTensor = ({ values, shape }: Input): tf.Tensor => tf.tensor(values, shape);

function compute(f: (...args: tf.Tensor[]) => tf.Tensor, args: readonly tf.Tensor[]): Prepared {
  const tidied = (): tf.Tensor => tf.tidy(() => f(...args));
  return { run: () => tidied().dispose(), result: () => Float32Array.from(tidied().dataSync()) };
}

function network(weights: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor {
  let h = x;
  for (let l = 0; l < weights.length; l += 2) {
    const z = tf.add(tf.matMul(h, weights[l]!), weights[l + 1]!);
    h = l + 2 < weights.length ? tf.relu(z) : z;
  }
  return h;
}

function lenet([w0, b0, w1, b1, ...dense]: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor {
  const pooled = (z: tf.Tensor): tf.Tensor => tf.maxPool(tf.relu(z), 2, 2, 'valid');
  const first = pooled(tf.add(tf.conv2d(x, w0!, 1, 'same'), b0!));
  const second = pooled(tf.add(tf.conv2d(first, w1!, 1, 'valid'), b1!));
  return network(dense, tf.reshape(second, [x.shape[0] ?? 0, -1]));
}

function train(row: TrainRow, inputs: Inputs): Prepared {
  const classes = row.kind === 'train' ? (row.sizes.at(-1) ?? 1) : 10;
  const model = row.kind === 'train' ? network : lenet;
  const begin = () => {
    const weights = trainedNames(row).map((name) => tf.variable(toTensor(input(inputs, name))));
    const optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-7);
    const x = toTensor(input(inputs, 'x'));
    const labels = input(inputs, 'y').values;
    const y =
      classes === 1
        ? tf.tensor(labels, [labels.length, 1])
        : tf.oneHot(tf.tensor(labels, [labels.length], 'int32'), classes);
    const loss = (): tf.Tensor => {
      const outputs = model(weights, x);
      return classes === 1 ? tf.losses.meanSquaredError(y, outputs) : tf.losses.softmaxCrossEntropy(y, outputs);
    };
    return () => tf.tidy(() => optimizer.minimize(loss, true, weights));
  };
  const step = begin();
  return {
    run: () => step()?.dispose(),
    result: () => {
      const fresh = begin();
      return Float32Array.from({ length: steps }, () => fresh()?.dataSync()[0] ?? Number.NaN);
    },
  };
}

function prepare(row: Row, inputs: Inputs): Prepared {
  const all = (...names: string[]): tf.Tensor[] => names.map((name) => toTensor(input(inputs, name)));
  tf.disposeVariables();
  switch (row.kind) {
    case 'matmul':
      return compute((a, b) => tf.matMul(a!, b!), all('a', 'b'));
    case 'fused':
      return compute(
        (a, b, c) => tf.sum(tf.mul(tf.tanh(tf.add(tf.mul(a!, b!), c!)), tf.sigmoid(a!))),
        all('a', 'b', 'c'),
      );
    case 'softmax':
      return compute((a) => tf.softmax(a!), all('a'));
    case 'columnSums':
      return compute((a) => tf.sum(a!, 0), all('a'));
    case 'transpose':
      return compute((a) => tf.transpose(a!), all('a'));
    case 'forward':
      return compute((x, ...weights) => network(weights, x!), all('x', ...weightNames(row.sizes)));
    case 'train':
    case 'trainLenet':
      return train(row, inputs);
  }
}

await serve(prepare);
