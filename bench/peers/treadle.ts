// Treadle as a peer: compiled functions. Argument: the number of threads.

import {
  adam,
  compile,
  gradients,
  matmul,
  meanSquaredError,
  setThreads,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  variable,
} from 'treadle';
import { type Prepared, serve } from './peer.ts';
import {
  type Input,
  type Inputs,
  input,
  isRegression,
  learningRate,
  type Row,
  steps,
  type TrainRow,
  trainedNames,
  weightNames,
} from './row.ts';

setThreads(Number(process.argv[2] ?? 1));

const toTensor = ({ values, shape }: Input): Tensor => tensor(values, { shape }).realize();

function compute(f: (...args: Tensor[]) => Tensor, args: readonly Tensor[]): Prepared {
  const compiled = compile(f);
  return {
    run: () => compiled(...args).dispose(),
    result: () => Float32Array.from(compiled(...args).data()),
  };
}

function network(weights: readonly Tensor[], x: Tensor): Tensor {
  let h = x;
  for (let l = 0; l < weights.length; l += 2) {
    const z = matmul(h, weights[l]!).add(weights[l + 1]!);
    h = l + 2 < weights.length ? z.relu() : z;
  }
  return h;
}

function lenet([w0, b0, w1, b1, ...dense]: readonly Tensor[], x: Tensor): Tensor {
  const first = x.conv2d(w0!, { padding: 'same' }).add(b0!).relu().maxPool2d(2);
  const second = first.conv2d(w1!).add(b1!).relu().maxPool2d(2);
  return network(dense, second.reshape([x.shape[0] ?? 0, -1]));
}

function train(row: TrainRow, inputs: Inputs): Prepared {
  const model = row.kind === 'train' ? network : lenet;
  const begin = () => {
    const weights = trainedNames(row).map((name) => variable(toTensor(input(inputs, name))));
    const optimizer = adam(learningRate);
    const x = toTensor(input(inputs, 'x'));
    const labels = input(inputs, 'y').values;
    const y = (
      isRegression(row) ? tensor(labels, { shape: [labels.length, 1] }) : tensor(Int32Array.from(labels))
    ).realize();
    const loss = isRegression(row) ? meanSquaredError() : sparseCategoricalCrossentropy({ fromLogits: true });
    const step = compile((xs: Tensor, ys: Tensor) => {
      const value = loss(ys, model(weights, xs));
      optimizer.apply(gradients(value, weights), weights);
      return value;
    });
    return () => step(x, y);
  };
  const step = begin();
  return {
    run: () => step().dispose(),
    result: () => {
      const fresh = begin();
      return Float32Array.from({ length: steps }, () => fresh().item());
    },
  };
}

function prepare(row: Row, inputs: Inputs): Prepared {
  const all = (...names: string[]): Tensor[] => names.map((name) => toTensor(input(inputs, name)));
  switch (row.kind) {
    case 'matmul':
      return compute((a, b) => matmul(a!, b!), all('a', 'b'));
    case 'fused':
      return compute((a, b, c) => a!.mul(b!).add(c!).tanh().mul(a!.sigmoid()).sum(), all('a', 'b', 'c'));
    case 'softmax':
      return compute((a) => a!.softmax(), all('a'));
    case 'columnSums':
      return compute((a) => a!.sum(0), all('a'));
    case 'transpose':
      return compute((a) => a!.transpose(), all('a'));
    case 'forward':
      return compute((x, ...weights) => network(weights, x!), all('x', ...weightNames(row.sizes)));
    case 'train':
    case 'trainLenet':
      return train(row, inputs);
  }
}

await serve(prepare);
