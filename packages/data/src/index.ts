// Data sets: readers, embedded sets, scalers, splits, batches. The functions that users call take and return tensors;
// the functions on plain arrays below them need no engine.

export { type BatchOptions, batchCount, batches } from './batches/batches.ts';
export { type Dataset, type DatasetOptions, dataset } from './batches/dataset.ts';
export { epochBatches } from './batches/epoch-batches.ts';
export { type PermutationOptions, permutation } from './batches/permutation.ts';
export type { Column } from './csv/column-readers.ts';
export type { Fields } from './csv/csv-fields.ts';
export { CsvScanner, type CsvSyntax } from './csv/csv-scanner.ts';
export {
  type CsvOptions,
  type CsvPairOptions,
  type CsvTable,
  parseCsv,
  readCsv,
  readCsvAsync,
} from './csv/read-csv.ts';
export type { PairOptions } from './csv/table-pair.ts';
export { digits } from './embedded/digits.ts';
export { digitsData } from './embedded/digits-data.ts';
export {
  type EmbeddedOptions,
  type EmbeddedSet,
  embeddedSplit,
  unpack,
} from './embedded/embedded-set.ts';
export { iris } from './embedded/iris.ts';
export { irisData } from './embedded/iris-data.ts';
export { FormatError } from './files/format-error.ts';
export { decodeIdx, type IdxArray } from './idx/decode-idx.ts';
export { mnist } from './idx/mnist.ts';
export { parseIdx, readIdx } from './idx/read-idx.ts';
export { readMnist } from './idx/read-mnist.ts';
export { checkBatchSize, checkRowCount, commonRows } from './rows/check-rows.ts';
export { oneHot } from './rows/one-hot.ts';
export { oneHotRows } from './rows/one-hot-rows.ts';
export type { Elements, Labelled, Pair, PlainArray, Split } from './rows/plain-array.ts';
export { type SplitOptions, splitRows } from './rows/split-rows.ts';
export { takeRows } from './rows/take-rows.ts';
export { trainTestSplit } from './rows/train-test-split.ts';
export { ColumnScaler, type ColumnStatistics, type Scaling } from './scaling/column-scaler.ts';
export { minMaxScaler, type Scaler, standardScaler } from './scaling/scalers.ts';
export { type MinMaxOptions, minMaxScaling, standardScaling } from './scaling/scalings.ts';
