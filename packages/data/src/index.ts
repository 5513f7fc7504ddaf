// Data sets: readers, embedded sets, scalers, splits, batches. Functions on tensors for users, their cores on plain arrays for others.

export { type BatchOptions, batchCount, batches } from './batches/batches.ts';
export { type Dataset, type DatasetOptions, dataset } from './batches/dataset.ts';
export { epochBatches } from './batches/epoch-batches.ts';
export { type PermutationOptions, permutation } from './batches/permutation.ts';
export type { Fields } from './csv/csv-fields.ts';
export { type CsvRecords, csvRecords } from './csv/csv-records.ts';
export { CsvScanner, type CsvSyntax } from './csv/csv-scanner.ts';
export {
  type CsvOptions,
  type CsvPairOptions,
  type CsvTable,
  parseCsv,
  readCsv,
  readCsvAsync,
} from './csv/read-csv.ts';
export { type PairOptions, tablePair } from './csv/table-pair.ts';
export {
  type Column,
  classes,
  columnIndex,
  integers,
  numbers,
  type TableOptions,
  type TextTable,
  texts,
  textTable,
} from './csv/text-table.ts';
export { digits } from './embedded/digits.ts';
export { digitsFigures } from './embedded/digits-figures.ts';
export {
  type EmbeddedOptions,
  type EmbeddedSet,
  embeddedSplit,
  type Labelled,
  unpack,
} from './embedded/embedded-set.ts';
export { iris } from './embedded/iris.ts';
export { irisFigures } from './embedded/iris-figures.ts';
export { decodeFile } from './files/bytes.ts';
export { FormatError } from './files/format-error.ts';
export { decodeIdx, type IdxArray } from './idx/decode-idx.ts';
export { mnist } from './idx/mnist.ts';
export { parseIdx, readIdx } from './idx/read-idx.ts';
export { type Images, readMnist } from './idx/read-mnist.ts';
export { oneHot } from './rows/one-hot.ts';
export { oneHotRows } from './rows/one-hot-rows.ts';
export type { Elements, Pair, PlainArray, Split } from './rows/plain-array.ts';
export { checkBatchSize, checkRowCount, commonRows } from './rows/rows.ts';
export { type SplitOptions, selectRows, splitRows } from './rows/split-rows.ts';
export { takeRows } from './rows/take-rows.ts';
export { trainTestSplit } from './rows/train-test-split.ts';
export { ColumnScaler, type Extent, type Scaling } from './scaling/column-scaler.ts';
export { minMaxScaler, type Scaler, standardScaler } from './scaling/scalers.ts';
export { type MinMaxOptions, minMaxScaling, standardScaling } from './scaling/scalings.ts';
