// The losses in float64, sample by sample, with their gradients in closed form; and how far float32 may be off.

/** Half the distance from 1 to the next float32: what rounding to nearest may cost, relatively. */
export const u = 2 ** -24;
/** What an elementary function may cost: 2 ulp. */
export const elementary = 4 * u;

export type Rows = readonly (readonly number[])[];

export const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
export const mean = (xs: readonly number[]): number => sum(xs) / xs.length;

export const logSumExp = (z: readonly number[]): number => {
  const largest = Math.max(...z);
  return largest + Math.log(sum(z.map((x) => Math.exp(x - largest))));
};
export const softmax = (z: readonly number[]): number[] => z.map((x) => Math.exp(x - logSumExp(z)));
export const sigmoid = (z: number): number => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
export const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** The loss of a sample, and its derivative by each element of the prediction. */
export interface Reference {
  value(y: readonly number[], p: readonly number[]): number;
  gradient(y: readonly number[], p: readonly number[]): number[];
}

const eachOf =
  (f: (y: number, p: number) => number) =>
  (y: readonly number[], p: readonly number[]): number[] =>
    p.map((pi, i) => f(y[i]!, pi) / p.length);

export const meanSquared: Reference = {
  value: (y, p) => sum(eachOf((a, b) => (b - a) ** 2)(y, p)),
  gradient: eachOf((a, b) => 2 * (b - a)),
};

export const meanAbsolute: Reference = {
  value: (y, p) => sum(eachOf((a, b) => Math.abs(b - a))(y, p)),
  gradient: eachOf((a, b) => Math.sign(b - a)),
};

export const binaryOfLogits: Reference = {
  value: (y, z) => sum(eachOf((a, b) => a * softplus(-b) + (1 - a) * softplus(b))(y, z)),
  gradient: eachOf((a, b) => sigmoid(b) - a),
};

export const binaryOfProbabilities: Reference = {
  value: (y, p) => sum(eachOf((a, b) => -a * Math.log(b) - (1 - a) * Math.log(1 - b))(y, p)),
  gradient: eachOf((a, b) => (1 - a) / (1 - b) - a / b),
};

export const categoricalOfLogits: Reference = {
  value: (y, z) => sum(z.map((x, i) => y[i]! * (logSumExp(z) - x))),
  gradient: (y, z) => softmax(z).map((p, i) => p * sum(y) - y[i]!),
};

export const categoricalOfProbabilities: Reference = {
  value: (y, p) => -sum(p.map((x, i) => y[i]! * Math.log(x / sum(p)))),
  gradient: (y, p) => p.map((x, i) => sum(y) / sum(p) - y[i]! / x),
};

export const oneHot = (label: number, classes: number): number[] =>
  Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0));

/** y with `part` of it spread over all classes. */
export const smoothed = (y: readonly number[], part: number): number[] =>
  y.map((x) => x * (1 - part) + part / y.length);
