// Treadle: tensors, gradients and models, on every core.

export {
  batches,
  type CsvOptions,
  dataset,
  digits,
  FormatError,
  iris,
  minMaxScaler,
  mnist,
  oneHot,
  parseCsv,
  parseIdx,
  permutation,
  readCsv,
  readIdx,
  standardScaler,
  takeRows,
  trainTestSplit,
} from '@treadle/data';
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  type Loss,
  lossByName,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from '@treadle/losses';
export { type Metric, metrics } from '@treadle/metrics';
export {
  type Activation,
  activation,
  activations,
  type CallOptions,
  dense,
  dropout,
  flatten,
  type Initializer,
  initializers,
  type Layer,
  l1,
  l1l2,
  l2,
} from '@treadle/nn';
export { adam, exponentialDecay, type Optimizer, optimizerByName, type Schedule, sgd } from '@treadle/optim';
export * from '@treadle/tensor';
export {
  type Callback,
  type CompileOptions,
  earlyStopping,
  type FitOptions,
  type History,
  type Logs,
  Model,
  sequential,
  type Training,
} from '@treadle/train';
