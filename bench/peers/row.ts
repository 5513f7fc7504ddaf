// The work by which peers are compared. A row states what is computed and from which inputs. Inputs are named float32
// arrays (labels too), the same for every peer.

export type Row =
  | { readonly kind: 'matmul'; readonly m: number; readonly k: number; readonly n: number }
  | { readonly kind: 'fused'; readonly n: number }
  | { readonly kind: 'softmax'; readonly rows: number; readonly columns: number }
  | { readonly kind: 'columnSums'; readonly n: number }
  | { readonly kind: 'transpose'; readonly n: number }
  /** the network of `lenetShapes` on images of 28 × 28 pixels */
  | { readonly kind: 'trainLenet'; readonly batch: number }
  | { readonly kind: 'train'; readonly sizes: readonly number[]; readonly batch: number }
  | { readonly kind: 'forward'; readonly sizes: readonly number[]; readonly batch: number };

export type TrainRow = Extract<Row, { readonly kind: 'train' | 'trainLenet' }>;

export interface Input {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

export type Inputs = Readonly<Record<string, Input>>;

export const learningRate = 1e-3;
export const steps = 4;

/**
 * The weights of the network: conv 5 × 5 with 8 filters and padding 'same', conv 5 × 5 with 16 filters, dense 128,
 * dense 10. After each convolution there are relu and 2 × 2 max pooling. Images are [batch, rows, columns, channels]
 * when they are flattened.
 */
export const lenetShapes = [
  [5, 5, 1, 8],
  [5, 5, 8, 16],
  [400, 128],
  [128, 10],
] as const;
const lenetNames: readonly string[] = lenetShapes.flatMap((_, i) => [`w${i}`, `b${i}`]);

const small = [784, 128, 10];
const large = [784, 512, 512, 10];

export const rows: readonly Row[] = [
  { kind: 'matmul', m: 64, k: 64, n: 64 },
  { kind: 'matmul', m: 256, k: 256, n: 256 },
  { kind: 'matmul', m: 1024, k: 1024, n: 1024 },
  { kind: 'matmul', m: 128, k: 784, n: 128 },
  { kind: 'matmul', m: 32, k: 784, n: 10 },
  { kind: 'fused', n: 1_000_000 },
  { kind: 'softmax', rows: 1024, columns: 1000 },
  { kind: 'columnSums', n: 2048 },
  { kind: 'transpose', n: 2048 },
  { kind: 'train', sizes: [2, 3, 1], batch: 4 },
  { kind: 'train', sizes: small, batch: 32 },
  { kind: 'train', sizes: small, batch: 128 },
  { kind: 'train', sizes: large, batch: 256 },
  { kind: 'trainLenet', batch: 32 },
  { kind: 'forward', sizes: large, batch: 1 },
  { kind: 'forward', sizes: large, batch: 32 },
  { kind: 'forward', sizes: large, batch: 256 },
];

export function nameOf(row: Row): string {
  switch (row.kind) {
    case 'matmul':
      return `matmul (${row.m}×${row.k})·(${row.k}×${row.n})`;
    case 'fused':
      return `Σ tanh(ab + c)·sigmoid(a), ${row.n.toExponential()}`;
    case 'softmax':
      return `softmax ${row.rows}×${row.columns}`;
    case 'columnSums':
      return `sum over axis 0 of ${row.n}×${row.n}`;
    case 'transpose':
      return `transpose ${row.n}×${row.n}`;
    case 'trainLenet':
      return `train step LeNet 28×28×1, batch ${row.batch}`;
    default:
      return `${row.kind === 'train' ? 'train step' : 'forward'} ${row.sizes.join('-')}, batch ${row.batch}`;
  }
}

/** Uniform random numbers in (−scale, scale), the same for the same seed. */
function uniform(shape: readonly number[], seed: number, scale = 1): Input {
  let state = seed * 0x9e3779b1;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0; // mulberry32
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Float32Array.from({ length }, () => next() * scale) };
}

export function inputsOf(row: Row): Inputs {
  switch (row.kind) {
    case 'matmul':
      return { a: uniform([row.m, row.k], 1), b: uniform([row.k, row.n], 2) };
    case 'fused':
      return { a: uniform([row.n], 1, 3), b: uniform([row.n], 2), c: uniform([row.n], 3) };
    case 'softmax':
      return { a: uniform([row.rows, row.columns], 1, 5) };
    case 'columnSums':
    case 'transpose':
      return { a: uniform([row.n, row.n], 1) };
    case 'trainLenet':
      return lenetInputs(row.batch);
    default:
      return { ...batchOf(row), ...weightsOf(row.sizes) };
  }
}

function lenetInputs(batch: number): Inputs {
  const labels = Float32Array.from({ length: batch }, (_, i) => (i * 7) % 10);
  const layers = lenetShapes.map((shape, i) => {
    const [fanIn, units] = [shape.slice(0, -1).reduce((p: number, n) => p * n, 1), shape.at(-1) ?? 1];
    return {
      [`w${i}`]: uniform(shape, 10 + i, Math.sqrt(6 / (fanIn + units))),
      [`b${i}`]: uniform([units], 20 + i, 0.1),
    };
  });
  return Object.assign({ x: uniform([batch, 28, 28, 1], 1), y: { shape: [batch], values: labels } }, ...layers);
}

function batchOf({ sizes, batch }: { readonly sizes: readonly number[]; readonly batch: number }): Inputs {
  const classes = sizes.at(-1) ?? 1;
  const labels = Float32Array.from({ length: batch }, (_, i) => (classes === 1 ? i % 2 : (i * 7) % classes));
  return { x: uniform([batch, sizes[0] ?? 1], 1), y: { shape: [batch], values: labels } };
}

/** Weights by Glorot's uniform rule, and small biases: w0 [in, out], b0 [out], w1, … */
function weightsOf(sizes: readonly number[]): Inputs {
  const layers = sizes.slice(1).map((units, i) => {
    const fanIn = sizes[i] ?? 1;
    return {
      [`w${i}`]: uniform([fanIn, units], 10 + i, Math.sqrt(6 / (fanIn + units))),
      [`b${i}`]: uniform([units], 20 + i, 0.1),
    };
  });
  return Object.assign({}, ...layers);
}

/** The input with this name, which must exist. */
export function input(inputs: Inputs, name: string): Input {
  const found = inputs[name];
  if (found === undefined) throw new RangeError(`internal: no input ${name}`);
  return found;
}

/** The weights and biases of a row that trains, in order: w0, b0, w1, … */
export function trainedNames(row: TrainRow): readonly string[] {
  return row.kind === 'trainLenet' ? lenetNames : weightNames(row.sizes);
}

/** Whether the network has one output, which is compared with the label itself. */
export function isRegression(row: TrainRow): boolean {
  return row.kind === 'train' && row.sizes.at(-1) === 1;
}

/** The weights and biases in order: w0, b0, w1, … */
export function weightNames(sizes: readonly number[]): readonly string[] {
  return sizes.slice(1).flatMap((_, i) => [`w${i}`, `b${i}`]);
}
