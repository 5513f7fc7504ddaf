// Windows over the rows and columns of images, which convolutions and pooling share: how options are read, and where the windows of an
// axis are, as in TensorFlow and Keras.

import type { ConvAxis } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import type { OptionKinds } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';

/** One number for both axes, or [rows, columns]. */
export type Pair = number | readonly [number, number];

/**
 * 'valid': windows stay inside. 'same': ⌈input / stride⌉ windows, with as much padding as they need; it is shared between both ends,
 * and an odd element is at the end. A number of elements on all sides, or [[before, after], [before, after]] for rows and columns.
 */
export type Padding = 'valid' | 'same' | number | readonly [readonly [number, number], readonly [number, number]];

/** Options of windows. */
export interface WindowOptions {
  /** step from one window to the next; 1 by default */
  readonly strides?: Pair | undefined;
  /** elements of 0 around the image; 'valid' by default */
  readonly padding?: Padding | undefined;
}

/** Options of windows with gaps. */
export interface DilatedOptions extends WindowOptions {
  /** step from one element of a window to the next; 1 by default */
  readonly dilation?: Pair | undefined;
}

export const dilatedOptions: OptionKinds<DilatedOptions> = { strides: 'any', padding: 'any', dilation: 'any' };

/** A number for each of the two axes. Throws RangeError unless they are whole and ≥ `least`. */
export function pairOf(op: string, name: string, given: Pair, least = 1): readonly [number, number] {
  const pair = typeof given === 'number' ? ([given, given] as const) : given;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && n >= least)) {
    throw new RangeError(`${op}: ${name} must be a whole number ≥ ${least}, or two; got ${show(given)}`);
  }
  return pair;
}

/** The extents of x. Throws ShapeError unless x is a batch of images with channels. */
export function requireImages(op: string, x: Node): readonly [number, number, number, number] {
  const [images, rows, columns, channels] = x.shape;
  if (x.shape.length === 4 && images !== undefined && rows !== undefined && columns !== undefined) {
    return [images, rows, columns, channels ?? 0];
  }
  throw new ShapeError(
    `${op}: x must be a batch of images [batch, rows, columns, channels]; got ${showShape(x.shape)}; expandDims adds an axis`,
  );
}

/** The windows along both axes. Throws ShapeError for a window that does not fit. */
export function axesOf(
  op: string,
  sizes: readonly [number, number],
  taps: readonly [number, number],
  { strides = 1, padding = 'valid', dilation = 1 }: DilatedOptions,
): readonly [ConvAxis, ConvAxis] {
  const [strideOf, dilationOf] = [pairOf(op, 'strides', strides), pairOf(op, 'dilation', dilation)];
  const widths = widthsOf(op, padding);
  const axis = (i: 0 | 1): ConvAxis =>
    axisOf(op, sizes[i], { taps: taps[i], stride: strideOf[i], dilation: dilationOf[i] }, widths?.[i] ?? padding);
  return [axis(0), axis(1)];
}

/** Explicit [before, after] for both axes; undefined where the padding is a name. */
function widthsOf(op: string, padding: Padding): readonly (readonly [number, number])[] | undefined {
  if (padding === 'valid' || padding === 'same') return undefined;
  const widths = typeof padding === 'number' ? [0, 1].map(() => [padding, padding] as const) : padding;
  const isRight =
    Array.isArray(widths) && widths.length === 2 && widths.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (isRight && widths.flat().every((n) => Number.isSafeInteger(n) && n >= 0)) return widths;
  throw new RangeError(
    `${op}: padding must be 'valid', 'same', a whole number ≥ 0, or [[before, after], [before, after]]; got ${show(padding)}`,
  );
}

type Steps = Pick<ConvAxis, 'taps' | 'stride' | 'dilation'>;

function axisOf(op: string, input: number, steps: Steps, padding: Padding | readonly [number, number]): ConvAxis {
  if (padding === 'same') return sameAxis(input, Math.ceil(input / steps.stride), steps);
  const [before, after] = typeof padding === 'object' ? [Number(padding[0]), Number(padding[1])] : [0, 0];
  const extent = (steps.taps - 1) * steps.dilation + 1;
  const room = before + input + after - extent;
  if (room < 0) {
    const note = before + after > 0 ? ` with ${before} + ${after} of padding` : '';
    throw new ShapeError(
      `${op}: a window must fit into the input; got ${input} positions${note} for a window of ${extent}; padding: 'same' makes room`,
    );
  }
  return { ...steps, input, output: Math.floor(room / steps.stride) + 1, before };
}

/** The windows of an axis with padding 'same': shared between both ends, an odd element at the end. */
export function sameAxis(input: number, output: number, steps: Steps): ConvAxis {
  const needed = (output - 1) * steps.stride + (steps.taps - 1) * steps.dilation + 1;
  return { ...steps, input, output, before: Math.floor(Math.max(0, needed - input) / 2) };
}
