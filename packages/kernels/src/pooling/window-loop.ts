// Loops over windows of an image whose channels are neighbours: for each output of a row, the part of its window that lies inside
// the image, and in that the elements of some neighbouring channels, row by row. Small windows that never reach outside are
// unrolled; others are loops.

import {
  type Address,
  address,
  type Distance,
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  select,
} from '@treadle/wasm';
import { type ConvAxis, reachesOut } from '../conv/axis.ts';
import { plus, smaller, times } from '../core/arithmetic.ts';

/** The sizes of images [images, rows, columns, channels] and of their windows. */
export interface WindowShape {
  readonly images: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  readonly channels: number;
}

/** The part of a window that lies inside the image. */
export interface Window {
  /** bytes from the image to its first element */
  readonly offset: Distance;
  readonly height: Expr<'i32'>;
  readonly width: Expr<'i32'>;
  /** the number of its elements, in four lanes */
  readonly count: Expr<'f32x4'>;
}

/** The positions inside the image of window `output` of an axis: `count` of them, from `first` on. */
export function inside(
  f: FunctionBuilder,
  axis: ConvAxis,
  output: Expr<'i32'>,
): { first: Expr<'i32'>; count: Expr<'i32'> } {
  const { input, taps, stride, before } = axis;
  const start = f.let(plus(times(output, stride), -before));
  if (!reachesOut(axis)) return { first: start, count: i32.const(taps) };
  const first = f.let(select(start, i32.const(0), i32.gt_s(start, 0)));
  const end = smaller(f.let(plus(start, taps)), i32.const(input));
  return { first, count: f.let(i32.sub(end, first)) };
}

/** Calls `body` once, as the inside of a loop over the windows of a row of outputs; `output` is the column. */
export function eachWindow(
  f: FunctionBuilder,
  { rows, columns, channels }: WindowShape,
  row: Expr<'i32'>,
  body: (window: Window, output: Expr<'i32'>) => void,
): void {
  const y = inside(f, rows, row);
  const top = f.let(address.times(y.first, 4 * channels * columns.input));
  const output = f.local('i32', 0);
  const isWhole = !(reachesOut(rows) || reachesOut(columns));
  f.forSteps(output, i32.const(columns.output), 1, () => {
    const x = inside(f, columns, output);
    const offset = f.let(address.add(top, address.times(x.first, 4 * channels)));
    const area = i32.mul(y.count, x.count);
    const count = isWhole ? f32x4.const(rows.taps * columns.taps) : f.let(f32x4.splat(f32.convert_i32_s(area)));
    body({ offset, height: y.count, width: x.count, count }, output);
  });
}

/** The most elements of a window that are unrolled. */
const mostUnrolled = 16;

/** Whether all windows lie inside and are small, so that the offsets of their elements are known when the code is written. */
export function isUnrolled({ rows, columns }: WindowShape): boolean {
  return !(reachesOut(rows) || reachesOut(columns)) && rows.taps * columns.taps <= mostUnrolled;
}

/**
 * Calls `body` for each element of a window, as the inside of loops or unrolled. In each array, the element lies at `at` +
 * `byteOffset`.
 */
export function eachElement(
  f: FunctionBuilder,
  { rows, columns, channels }: WindowShape,
  { height, width }: Window,
  starts: readonly Address[],
  unrolled: boolean,
  body: (at: readonly Address[], byteOffset: number) => void,
): void {
  const [pixel, row] = [4 * channels, 4 * channels * columns.input];
  if (unrolled) {
    for (let ky = 0; ky < rows.taps; ky++) {
      for (let kx = 0; kx < columns.taps; kx++) body(starts, ky * row + kx * pixel);
    }
    return;
  }
  const at = starts.map((start) => f.let(start));
  const y = f.local('i32', 0);
  f.forSteps(y, height, 1, () => {
    const x = f.local('i32', 0);
    f.forSteps(x, width, 1, () => {
      body(at, 0);
      for (const element of at) f.increment(element, pixel);
    });
    for (const element of at) f.increment(element, address.sub(address.const(row), address.times(width, pixel)));
  });
}
