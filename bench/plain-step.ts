// A training step of a network with one hidden layer as one would write it without a library: loops over arrays of
// numbers, in float64.

export interface PlainNetwork {
  /** [features, hidden], [hidden], [hidden, outputs], [outputs] */
  readonly weights: readonly Float64Array[];
  readonly features: number;
  readonly hidden: number;
  readonly outputs: number;
}

const [learningRate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-7];

/**
 * A function that makes a training step on x [batch, features] and y [batch, outputs], and returns the mean squared
 * error.
 */
export function plainStep({ weights, features, hidden, outputs }: PlainNetwork, batch: number) {
  const [w1, b1, w2, b2] = weights as [Float64Array, Float64Array, Float64Array, Float64Array];
  const gradients = weights.map(({ length }) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const means = weights.map(({ length }) => new Float64Array(length));
  const meanSquares = weights.map(({ length }) => new Float64Array(length));
  const h = new Float64Array(batch * hidden); // [batch, hidden], after relu
  const dy = new Float64Array(batch * outputs); // [batch, outputs], the gradient with respect to the outputs
  let step = 0;

  /** computes h and dy, and returns the loss */
  const forward = (x: Float32Array, y: Float32Array): number => {
    let loss = 0;
    for (let r = 0; r < batch; r++) {
      for (let j = 0; j < hidden; j++) {
        let sum = b1[j]!;
        for (let k = 0; k < features; k++) sum += x[r * features + k]! * w1[k * hidden + j]!;
        h[r * hidden + j] = sum > 0 ? sum : 0;
      }
      for (let j = 0; j < outputs; j++) {
        let sum = b2[j]!;
        for (let k = 0; k < hidden; k++) sum += h[r * hidden + k]! * w2[k * outputs + j]!;
        const difference = sum - y[r * outputs + j]!;
        loss += difference * difference;
        dy[r * outputs + j] = (2 * difference) / (batch * outputs);
      }
    }
    return loss / (batch * outputs);
  };

  /** computes dw2 and db2 from h and dy */
  const outputGradients = (): void => {
    const [, , dw2, db2] = gradients;
    for (let r = 0; r < batch; r++) {
      for (let j = 0; j < outputs; j++) {
        db2[j]! += dy[r * outputs + j]!;
        for (let k = 0; k < hidden; k++) dw2[k * outputs + j]! += h[r * hidden + k]! * dy[r * outputs + j]!;
      }
    }
  };

  /** computes dw1 and db1 from h and dy */
  const hiddenGradients = (x: Float32Array): void => {
    const [dw1, db1] = gradients;
    for (let r = 0; r < batch; r++) {
      for (let k = 0; k < hidden; k++) {
        if (h[r * hidden + k]! <= 0) continue;
        let dh = 0;
        for (let j = 0; j < outputs; j++) dh += dy[r * outputs + j]! * w2[k * outputs + j]!;
        db1[k]! += dh;
        for (let f = 0; f < features; f++) dw1[f * hidden + k]! += x[r * features + f]! * dh;
      }
    }
  };

  return (x: Float32Array, y: Float32Array): number => {
    const loss = forward(x, y);
    for (const gradient of gradients) gradient.fill(0);
    outputGradients();
    hiddenGradients(x);
    adam(weights, gradients, means, meanSquares, ++step);
    return loss;
  };
}

type Arrays = readonly Float64Array[];

/** Moves the weights by Adam (D. Kingma and J. Ba, 2015). `step` counts from 1. */
function adam(weights: Arrays, gradients: Arrays, means: Arrays, meanSquares: Arrays, step: number): void {
  const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
  for (let p = 0; p < weights.length; p++) {
    const [w, g, m, v] = [weights[p]!, gradients[p]!, means[p]!, meanSquares[p]!];
    for (let i = 0; i < w.length; i++) {
      m[i]! += (1 - beta1) * (g[i]! - m[i]!);
      v[i]! += (1 - beta2) * (g[i]! * g[i]! - v[i]!);
      w[i]! -= (rate * m[i]!) / (Math.sqrt(v[i]!) + epsilon);
    }
  }
}
