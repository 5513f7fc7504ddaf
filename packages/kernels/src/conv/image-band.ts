// A band: the rows of one image that some windows read. Where no window reaches out of the image the band is the image as it
// lies; otherwise it is a copy in the scratch of a thread, with zeros where the image ends. A row of a band begins with the
// first position that a window reads, so that windows are at o·stride + t·dilation, whatever the padding.

import {
  type Expr,
  type Func,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '@treadle/wasm';
import { plus, times } from '../elementwise/vector-io.ts';
import { highFirst } from '../matmul/store-lanes.ts';
import { type ConvAxis, extentOf, reachesOut } from './axis.ts';

export interface BandSpec {
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  /** of a pixel, those of all groups */
  readonly channels: number;
  /** whether rows outside of the image are wanted, as zeros; otherwise nobody reads them */
  readonly hasOuterRows: boolean;
  /** whether it is a copy in any case, for which the image is read in the order of memory: what comes from far comes faster so */
  readonly isAlwaysCopied: boolean;
}

/** Stores of whole vectors run on by less than this. */
const slack = 64;

/** Whether the band is a copy. */
export function isCopied({ rows, columns, hasOuterRows, isAlwaysCopied }: BandSpec): boolean {
  return isAlwaysCopied || reachesOut(columns) || (hasOuterRows && reachesOut(rows));
}

/** Bytes from a row of the band to the next. */
export function bandRowBytes(spec: BandSpec): number {
  return 4 * spec.channels * (isCopied(spec) ? extentOf(spec.columns) : spec.columns.input);
}

/** Bytes of scratch for a band of `outputs` rows of windows. */
export function bandBytes(spec: BandSpec, outputs: number): number {
  if (!isCopied(spec)) return 0;
  const rows = extentOf({ ...spec.rows, output: Math.min(outputs, spec.rows.output) });
  return 64 * Math.ceil((rows * bandRowBytes(spec) + slack) / 64);
}

/**
 * The address of the band's row 0 (counted from the image's first row; it may lie outside): of rows [from, to) of the image at
 * `image`, which are copied to `scratch` if need be.
 */
export function bandOrigin(
  f: FunctionBuilder,
  module: ModuleBuilder,
  spec: BandSpec,
  image: Expr<'i32'>,
  scratch: Expr<'i32'>,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
): Local<'i32'> {
  if (!isCopied(spec)) return f.let(plus(image, -4 * spec.channels * spec.columns.before));
  f.do(f.call(copyBand(module, spec), image, scratch, from, to));
  return f.let(i32.sub(scratch, times(from, bandRowBytes(spec))));
}

/** (image, to, first row, last row + 1) */
function copyBand(module: ModuleBuilder, spec: BandSpec): Func<['i32', 'i32', 'i32', 'i32'], 'void'> {
  const { rows, columns, channels, hasOuterRows } = spec;
  const key = `conv band ${JSON.stringify(spec)}`;
  const width = extentOf(columns);
  const left = Math.min(width, Math.max(0, columns.before));
  const skipped = Math.max(0, -columns.before);
  const copied = Math.max(0, Math.min(columns.input - skipped, width - left));
  const right = width - left - copied;
  const rowBytes = bandRowBytes(spec);
  return module.once(key, () =>
    module.func(
      key,
      ['i32', 'i32', 'i32', 'i32'],
      'void',
      (f, image, to, first, last) => {
        const imageRow = 4 * channels * columns.input;
        const from = f.let(i32.add(plus(image, 4 * channels * skipped), times(first, imageRow)));
        const y = f.let(first);
        const whole = (): void => {
          clear(f, to, 0, left * channels);
          copy(f, from, to, 4 * left * channels, copied * channels);
          clear(f, to, 4 * (left + copied) * channels, right * channels);
        };
        f.forSteps(y, last, 1, () => {
          if (hasOuterRows && reachesOut(rows)) {
            f.if(i32.lt_u(y, rows.input), whole, () => clear(f, to, 0, width * channels));
          } else whole();
          f.increment(from, imageRow);
          f.increment(to, rowBytes);
        });
      },
      { exported: false },
    ),
  );
}

/** Zeros for `length` floats, and for up to three more. */
function clear(f: FunctionBuilder, to: Expr<'i32'>, byteOffset: number, length: number): void {
  const zero = f32x4.const(0);
  eachVector(f, length, (x, offsets) => {
    const at = f.let(i32.add(to, x));
    for (const offset of offsets) f.do(v128.store(at, zero, byteOffset + offset));
  });
}

/** Copies `length` floats, and up to three more. */
function copy(f: FunctionBuilder, from: Expr<'i32'>, to: Expr<'i32'>, byteOffset: number, length: number): void {
  eachVector(f, length, (x, offsets) => {
    const [source, target] = [f.let(i32.add(from, x)), f.let(i32.add(to, x))];
    const vectors = offsets.map((offset) => f.let(v128.load('f32x4', source, offset)));
    for (const j of highFirst(vectors.length)) f.do(v128.store(target, vectors[j]!, byteOffset + offsets[j]!));
  });
}

/** Vectors in one round, at most. */
const together = 8;

/** Calls `body` with where a round begins, in bytes, and the offsets of its vectors. */
function eachVector(
  f: FunctionBuilder,
  length: number,
  body: (x: Expr<'i32'>, offsets: readonly number[]) => void,
): void {
  const vectors = Math.ceil(length / 4);
  const x = f.local('i32', 0);
  const round = (count: number): void => {
    body(
      x,
      Array.from({ length: count }, (_, i) => 16 * i),
    );
    f.increment(x, 16 * count);
  };
  const rounds = Math.floor(vectors / together);
  if (rounds > 1) {
    f.loop((again) => {
      round(together);
      f.brIf(again, i32.lt_s(x, 16 * together * rounds));
    });
  } else if (rounds === 1) round(together);
  if (vectors % together > 0) round(vectors % together);
}
