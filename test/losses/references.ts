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

/** A loss of targets that are changed first. */
export const onTargets = (change: (y: number) => number, { value, gradient }: Reference): Reference => ({
  value: (y, p) => value(y.map(change), p),
  gradient: (y, p) => gradient(y.map(change), p),
});

/** The mean of one figure an element, and of its derivative by p. */
const elementwise = (value: (y: number, p: number) => number, slope: (y: number, p: number) => number): Reference => ({
  value: (y, p) => sum(eachOf(value)(y, p)),
  gradient: eachOf(slope),
});

export const meanAbsolutePercentage: Reference = elementwise(
  (y, p) => (100 * Math.abs(y - p)) / Math.abs(y),
  (y, p) => (100 * Math.sign(p - y)) / Math.abs(y),
);

export const meanSquaredLogarithmic: Reference = elementwise(
  (y, p) => (Math.log1p(y) - Math.log1p(p)) ** 2,
  (y, p) => (2 * (Math.log1p(p) - Math.log1p(y))) / (1 + p),
);

export const huberOf = (delta: number): Reference =>
  elementwise(
    (y, p) => (Math.abs(p - y) <= delta ? (p - y) ** 2 / 2 : delta * Math.abs(p - y) - delta ** 2 / 2),
    (y, p) => Math.max(-delta, Math.min(delta, p - y)),
  );

export const logCosh: Reference = elementwise(
  (y, p) => Math.log(Math.cosh(p - y)),
  (y, p) => Math.tanh(p - y),
);

export const poisson: Reference = elementwise(
  (y, p) => p - y * Math.log(p + 1e-7),
  (y, p) => 1 - y / (p + 1e-7),
);

export const klDivergence: Reference = {
  value: (y, p) => sum(y.map((x, i) => x * Math.log(x / p[i]!))),
  gradient: (y, p) => y.map((x, i) => -x / p[i]!),
};

const norm = (x: readonly number[]): number => Math.sqrt(sum(x.map((v) => v * v)));
const dot = (x: readonly number[], y: readonly number[]): number => sum(x.map((v, i) => v * y[i]!));

export const cosine: Reference = {
  value: (y, p) => -dot(y, p) / (norm(y) * norm(p)),
  gradient: (y, p) => p.map((x, i) => -y[i]! / (norm(y) * norm(p)) + (dot(y, p) * x) / (norm(y) * norm(p) ** 3)),
};

const side = (y: number): number => (y === 0 ? -1 : y);
const shortfall = (y: number, p: number): number => Math.max(0, 1 - side(y) * p);

export const hinge: Reference = elementwise(shortfall, (y, p) => (shortfall(y, p) > 0 ? -side(y) : 0));

export const squaredHinge: Reference = elementwise(
  (y, p) => shortfall(y, p) ** 2,
  (y, p) => -2 * side(y) * shortfall(y, p),
);

/** With q the probability of what is not true: qᵞ·−ln(1 − q), and its derivative by q. */
const focal = (gamma: number, q: number): number => -(q ** gamma) * Math.log1p(-q);
const focalSlope = (gamma: number, q: number): number =>
  q ** gamma / (1 - q) - (gamma === 0 ? 0 : gamma * q ** (gamma - 1) * Math.log1p(-q));

/** With z the logit of what is not true: q = σ(z), −ln(1 − q) = softplus(z), dq/dz = q(1 − q). */
export const focalOfLogits = (gamma: number): Reference =>
  elementwise(
    (y, z) => sigmoid((1 - 2 * y) * z) ** gamma * softplus((1 - 2 * y) * z),
    (y, z) => {
      const wrong = (1 - 2 * y) * z;
      const q = sigmoid(wrong);
      return (1 - 2 * y) * (q ** (gamma + 1) + gamma * q ** gamma * sigmoid(-wrong) * softplus(wrong));
    },
  );

export const focalOfProbabilities = (gamma: number, alpha: number): Reference =>
  elementwise(
    (y, p) => (y === 1 ? alpha : 1 - alpha) * focal(gamma, y === 1 ? 1 - p : p),
    (y, p) => (y === 1 ? -alpha : 1 - alpha) * focalSlope(gamma, y === 1 ? 1 - p : p),
  );

/** The probability that a path spells the labels once repetitions and then blanks (0) are taken out: a sum over every path. */
export function pathProbability(labels: readonly number[], logits: Rows): number {
  const spelled = (path: readonly number[]): string =>
    path.filter((symbol, t) => symbol !== 0 && symbol !== path[t - 1]).join(' ');
  const classes = logits[0]!.length;
  const rows = logits.map(softmax);
  let total = 0;
  for (let number = 0; number < classes ** logits.length; number++) {
    const path = rows.map((_, t) => Math.floor(number / classes ** t) % classes);
    if (spelled(path) === labels.join(' ')) total += path.reduce((p, symbol, t) => p * rows[t]![symbol]!, 1);
  }
  return total;
}
