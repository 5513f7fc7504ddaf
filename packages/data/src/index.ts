// Data sets: readers, embedded sets, scalers, splits, batches. Functions on tensors for users, their cores on plain arrays for others.

export { type BatchOptions, batchCount, batches } from './batches.ts';
export { decodeFile } from './bytes.ts';
export { ColumnScaler, type Extent, type Scaling } from './column-scaler.ts';
export type { Fields } from './csv-fields.ts';
export { type CsvRecords, csvRecords } from './csv-records.ts';
export { CsvScanner, type CsvSyntax } from './csv-scanner.ts';
export { type Dataset, type DatasetOptions, dataset } from './dataset.ts';
export { decodeIdx, type IdxArray } from './decode-idx.ts';
export { digits } from './digits.ts';
export { digitsFigures } from './digits-figures.ts';
export { type EmbeddedOptions, type EmbeddedSet, embeddedSplit, type Labelled, unpack } from './embedded-set.ts';
export { epochBatches } from './epoch-batches.ts';
export { FormatError } from './format-error.ts';
export { iris } from './iris.ts';
export { irisFigures } from './iris-figures.ts';
export { mnist } from './mnist.ts';
export { oneHot } from './one-hot.ts';
export { oneHotRows } from './one-hot-rows.ts';
export { type PermutationOptions, permutation } from './permutation.ts';
export type { Elements, Pair, PlainArray, Split } from './plain-array.ts';
export { type CsvOptions, type CsvPairOptions, type CsvTable, parseCsv, readCsv, readCsvAsync } from './read-csv.ts';
export { parseIdx, readIdx } from './read-idx.ts';
export { type Images, readMnist } from './read-mnist.ts';
export { checkBatchSize, checkRowCount, commonRows } from './rows.ts';
export { minMaxScaler, type Scaler, standardScaler } from './scalers.ts';
export { type MinMaxOptions, minMaxScaling, standardScaling } from './scalings.ts';
export { type SplitOptions, selectRows, splitRows } from './split-rows.ts';
export { type PairOptions, tablePair } from './table-pair.ts';
export { takeRows } from './take-rows.ts';
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
} from './text-table.ts';
export { trainTestSplit } from './train-test-split.ts';
