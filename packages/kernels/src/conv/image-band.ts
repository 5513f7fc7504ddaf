// A band: the rows of one image that some windows read. Where no window reaches outside the image, the band is the image in place;
// otherwise it is a copy in the scratch of a thread, with zeros outside the image. A row of a band begins at the first position
// that a window reads, so windows are at o·stride + t·dilation, whatever the padding.

import {
  type Address,
  type AddressType,
  address,
  addressType,
  type Distance,
  type Expr,
  type Func,
  type FunctionBuilder,
  f32x4,
  i32,
  integer,
  type Local,
  type ModuleBuilder,
  v128,
} from '@treadle/wasm';
import { plus } from '../core/arithmetic.ts';
import { highFirst } from '../core/store-lanes.ts';
import { type ConvAxis, extentOf, reachesOut } from './axis.ts';

/** The windows that read a band. */
export interface BandSpec {
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  /** of a pixel, in all groups */
  readonly channels: number;
  /** whether rows outside the image are read, as zeros */
  readonly hasOuterRows: boolean;
  /** whether the band is a copy in any case: copying reads the image in the order of memory, which is faster from beyond the caches */
  readonly isAlwaysCopied: boolean;
}

/** Stores of whole vectors run past the end by less than this. */
const slack = 64;

/** Whether the band is a copy. */
export function isCopied({ rows, columns, hasOuterRows, isAlwaysCopied }: BandSpec): boolean {
  return isAlwaysCopied || reachesOut(columns) || (hasOuterRows && reachesOut(rows));
}

/** Bytes from one row of the band to the next. */
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
 * The band of rows [from, to) of the image at `image`, copied to `scratch` where it has to be: the address at which row 0 of the
 * image would lie in it, which may be outside the band.
 */
export function bandOrigin(
  f: FunctionBuilder,
  module: ModuleBuilder,
  spec: BandSpec,
  image: Address,
  scratch: Address,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
): Local<AddressType> {
  if (!isCopied(spec)) return f.let(plus(image, -4 * spec.channels * spec.columns.before));
  f.do(f.call(copyBand(module, spec), image, scratch, from, to));
  return f.let(address.sub(scratch, address.times(from, bandRowBytes(spec))));
}

/** A function (image, to, first row, last row + 1) that copies a band. */
function copyBand(module: ModuleBuilder, spec: BandSpec): Func<[AddressType, AddressType, 'i32', 'i32'], 'void'> {
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
      [addressType, addressType, 'i32', 'i32'],
      'void',
      (f, image, to, first, last) => {
        const imageRow = 4 * channels * columns.input;
        const firstPixel = plus(image, 4 * channels * skipped);
        const from = f.let(address.add(firstPixel, address.times(first, imageRow)));
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

/** Writes `length` zeros, and up to three more. */
function clear(f: FunctionBuilder, to: Address, byteOffset: number, length: number): void {
  const zero = f32x4.const(0);
  eachVector(f, length, (x, offsets) => {
    const at = f.let(address.add(to, x));
    for (const offset of offsets) f.do(v128.store(at, zero, byteOffset + offset));
  });
}

/** Copies `length` floats, and up to three more. */
function copy(f: FunctionBuilder, from: Address, to: Address, byteOffset: number, length: number): void {
  eachVector(f, length, (x, offsets) => {
    const [source, target] = [f.let(address.add(from, x)), f.let(address.add(to, x))];
    const vectors = offsets.map((offset) => f.let(v128.load('f32x4', source, offset)));
    for (const j of highFirst(vectors.length)) f.do(v128.store(target, vectors[j]!, byteOffset + offsets[j]!));
  });
}

/** The most vectors in one round of a loop. */
const together = 8;

/** Calls `body` for the rounds of a loop over `length` floats, with the distance of the round and the offsets of its vectors. */
function eachVector(f: FunctionBuilder, length: number, body: (x: Distance, offsets: readonly number[]) => void): void {
  const vectors = Math.ceil(length / 4);
  const x = f.let(address.const(0));
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
      f.brIf(again, integer.lt_s(x, 16 * together * rounds));
    });
  } else if (rounds === 1) round(together);
  if (vectors % together > 0) round(vectors % together);
}
