// Rows to learn from, out of a table: the columns of x, and one or several target columns of y. What is not named as a
// target is x, so the usual table needs one option.

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
  readTable,
  type TextTable,
} from './text-table.ts';

export interface PairOptions {
  /** What y is: [rows] for one column, [rows, columns] for a list. */
  readonly target: Column | readonly Column[];
  /** What x is, in this order; all columns but the target when not given. */
  readonly columns?: readonly Column[] | undefined;
  /** int32 for class labels that are whole numbers; float32 when not given. */
  readonly targetDtype?: 'float32' | 'int32' | undefined;
  /** Names of classes: y is the index of the field in this list, int32. */
  readonly classes?: readonly string[] | undefined;
}

export const pairOptions: OptionKinds<PairOptions> = {
  target: 'any',
  columns: 'any',
  targetDtype: 'any',
  classes: 'any',
};

/**
 * x float32 [rows, columns] and y. Throws FormatError for a field that is no number (or class), RangeError for a column that
 * is not there, for x without columns and for a list of targets that are to be labels.
 */
export function tablePair(
  table: TextTable,
  options: PairOptions,
): Pair<PlainArray<Float32Array>, PlainArray<Elements>> {
  return readTable(table, pairReader(table, options));
}

/** What `tablePair` reads, while the rows come. */
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
    throw new RangeError(`csv: x and y must have a column each; got ${columns.length} and ${targets.length}`);
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

/** Throws TypeError for what is no list, RangeError for a dtype that a target cannot have. */
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
