// The networks that the demo trains, by name: for the embedded digits (8 × 8 pixels) and for MNIST (28 × 28 pixels).

import { conv2d, dense, flatten, type Layer, maxPooling2d } from '@treadle/nn';
import type { Shape } from '@treadle/tensor';

export const modelNames = ['dense', 'cnn'] as const;
export type ModelName = (typeof modelNames)[number];

/** A network and how it is trained. */
export interface Task {
  readonly title: string;
  readonly layers: (inputShape: Shape) => readonly Layer[];
  readonly epochs: number;
  readonly batchSize: number;
}

/** Dense layers with `hidden` units, on all pixels. */
function perceptron(...hidden: readonly number[]): Task['layers'] {
  return (inputShape) => [
    flatten({ inputShape }),
    ...hidden.map((units) => dense(units, { activation: 'relu' })),
    dense(10),
  ];
}

function smallConvolutional(inputShape: Shape): readonly Layer[] {
  return [
    conv2d(16, 3, { padding: 'same', activation: 'relu', inputShape }),
    maxPooling2d(2),
    conv2d(32, 3, { activation: 'relu' }),
    flatten(),
    dense(10),
  ];
}

/** After LeCun et al., "Gradient-based learning applied to document recognition" (1998). */
function lenet(inputShape: Shape): readonly Layer[] {
  return [
    conv2d(8, 5, { padding: 'same', activation: 'relu', inputShape }),
    maxPooling2d(2),
    conv2d(16, 5, { activation: 'relu' }),
    maxPooling2d(2),
    flatten(),
    dense(128, { activation: 'relu' }),
    dense(10),
  ];
}

export const digitTasks: Readonly<Record<ModelName, readonly Task[]>> = {
  dense: [{ title: 'digits 64-128-10', layers: perceptron(128), epochs: 60, batchSize: 32 }],
  cnn: [{ title: 'digits conv 3×3×16, conv 3×3×32, 10', layers: smallConvolutional, epochs: 30, batchSize: 32 }],
};

export const mnistTasks: Readonly<Record<ModelName, readonly Task[]>> = {
  dense: [
    { title: 'MNIST 784-128-10', layers: perceptron(128), epochs: 5, batchSize: 32 },
    { title: 'MNIST softmax regression 784-10', layers: perceptron(), epochs: 20, batchSize: 100 },
  ],
  cnn: [{ title: 'MNIST conv 5×5×8, conv 5×5×16, 128, 10', layers: lenet, epochs: 6, batchSize: 32 }],
};
