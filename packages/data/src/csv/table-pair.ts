// A table as data to train on: x from some columns, y from one or several target columns. By default x is every column
// that is no target, so most tables need only the option `target`.

import { checkArray, type OptionKinds, show } from '@treadle/tensor';
import type { Elements, Pair, PlainArray } from '../rows/plain-array.ts';
import {
  type Column,
  classesReader,
  columnIndex,
  type Header,
  integersReader,
  numbersReader,
  type RowReader,
} from './column-readers.ts';

/** Options of a table that is split into x and y. */
export interface PairOptions {
  /** The column or columns of y: [rows] for one column, [rows, columns] for a list. */
  readonly target: Column | readonly Column[];
  /** The columns of x, in this order; by default all columns except the targets. */
  readonly columns?: readonly Column[] | undefined;
  /** The dtype of y: 'float32' by default; 'int32' for class labels that are whole numbers. */
  readonly targetDtype?: 'float32' | 'int32' | undefined;
  /** The names of the classes. Then y is int32, the index of each field in this list. */
  readonly classes?: readonly string[] | undefined;
}

export const pairOptions: OptionKinds<PairOptions> = {
  target: 'any',
  columns: 'any',
  targetDtype: 'any',
  classes: 'any',
};

/**
 * A reader of x, float32 [rows, columns], and y, for rows that come one after another. Throws RangeError for a column
 * that does not exist, for x or y without columns, and for a list of targets with int32 labels or classes. The reader
 * throws FormatError for a field that is no number (or no class).
 */
export function pairReader(
  header: Header,
  options: PairOptions,
): RowReader<Pair<PlainArray<Float32Array>, PlainArray<Elements>>> {
  const { target } = options;
  checkLists(options);
  const isList = typeof target === 'object';
  const targets = (isList ? target : [target]).map((column) => columnIndex(header, column));
  const columns = options.columns ?? [...header.names.keys()].filter((index) => !targets.includes(index));
  if (columns.length === 0 || targets.length === 0) {
    throw new RangeError(
      `csv: x and y must have at least one column each; got ${columns.length} and ${targets.length}`,
    );
  }
  const [xs, ys] = [numbersReader(header, columns), targetReader(header, targets, options)];
  return {
    row: (fields) => {
      xs.row(fields);
      ys.row(fields);
    },
    result: () => {
      const [x, y] = [xs.result(), ys.result()];
      return { x, y: isList ? y : { ...y, shape: [y.values.length] } };
    },
  };
}

/** Throws TypeError for a list option that is no list, RangeError for a dtype that y cannot have. */
function checkLists({ target, columns, classes: names, targetDtype = 'float32' }: PairOptions): void {
  if (typeof target === 'object') checkArray('csv: target', target);
  if (columns !== undefined) checkArray('csv: columns', columns);
  if (names !== undefined) checkArray('csv: classes', names);
  if (targetDtype === 'float32' || targetDtype === 'int32') return;
  throw new RangeError(`csv: targetDtype must be float32 or int32; got ${show(targetDtype)}`);
}

function targetReader(
  header: Header,
  targets: readonly number[],
  { target, targetDtype = 'float32', classes: names }: PairOptions,
): RowReader<PlainArray<Elements>> {
  if (names === undefined && targetDtype === 'float32') return numbersReader(header, targets);
  const [column, ...more] = targets;
  if (column === undefined || more.length > 0 || typeof target === 'object') {
    throw new RangeError(`csv: labels must come from one column; got a list of ${targets.length}`);
  }
  return names === undefined ? integersReader(header, column) : classesReader(header, column, names);
}
