// conv2d and conv2dTranspose: convolutions (cross-correlations, as usual in deep learning) over two axes, channels last. There are three
// ops over the same triples of an image element, a weight and an output. Each sums over the indices that its result does not have, and
// each is the gradient of the two others.

import {
  type ConvShape,
  conv2d as convKernels,
  conv2dInputGradient as inputGradientKernels,
  conv2dWeightGradient as weightGradientKernels,
} from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { cast } from '../elementwise/cast.ts';
import { axesOf, type DilatedOptions, dilatedOptions, type Pair, pairOf, requireImages, sameAxis } from './window.ts';

/** y[i, o, f] = Σ x[i, o·stride + t·dilation − before, c] · w[t, c, f] */
function convolve(x: Node, w: Node, shape: ConvShape): Node {
  const { images, rows, columns, groups, filters } = shape;
  const op: TiledOp = {
    kind: 'tiled',
    name: 'conv2d',
    key: `conv2d ${JSON.stringify(shape)}`,
    takesEpilogue: true,
    kernels: ({ inputs: [a, b], output, level, allocate, epilogue }) => {
      if (!a || !b) throw new Error('internal: conv2d needs two inputs');
      return convKernels({ ...shape, x: a, w: b, out: output, level, allocate, epilogue });
    },
    gradient: (dy) => [spread(dy, w, shape), correlate(x, dy, shape)],
  };
  return applyOp(op, [x, w], [images, rows.output, columns.output, groups * filters], 'float32');
}

/** dx[i, o·stride + t·dilation − before, c] = Σ dy[i, o, f] · w[t, c, f]: every output is spread over its window. */
function spread(dy: Node, w: Node, shape: ConvShape): Node {
  const { images, rows, columns, groups, channels } = shape;
  const op: TiledOp = {
    kind: 'tiled',
    name: 'conv2dTranspose',
    key: `conv2dTranspose ${JSON.stringify(shape)}`,
    // with strides, several passes write the result, so nothing can be fused onto it
    takesEpilogue: rows.stride === 1 && columns.stride === 1,
    kernels: ({ inputs: [a, b], output, level, allocate, epilogue }) => {
      if (!a || !b) throw new Error('internal: conv2dTranspose needs two inputs');
      return inputGradientKernels({ ...shape, dy: a, w: b, out: output, level, allocate, epilogue });
    },
    gradient: (dx) => [convolve(dx, w, shape), correlate(dx, dy, shape)],
  };
  return applyOp(op, [dy, w], [images, rows.input, columns.input, groups * channels], 'float32');
}

/** dw[t, c, f] = Σ x[i, o·stride + t·dilation − before, c] · dy[i, o, f] */
function correlate(x: Node, dy: Node, shape: ConvShape): Node {
  const { rows, columns, groups, channels, filters } = shape;
  const op: TiledOp = {
    kind: 'tiled',
    name: 'conv2dWeights',
    key: `conv2dWeights ${JSON.stringify(shape)}`,
    kernels: ({ inputs: [a, b], output, level, allocate }) => {
      if (!a || !b) throw new Error('internal: conv2dWeights needs two inputs');
      return weightGradientKernels({ ...shape, x: a, dy: b, out: output, level, allocate });
    },
    gradient: (dw) => [spread(dy, dw, shape), convolve(x, dw, shape)],
  };
  return applyOp(op, [x, dy], [rows.taps, columns.taps, channels, groups * filters], 'float32');
}

/** Options of conv2d. */
export interface ConvOptions extends DilatedOptions {
  /** number of groups of channels and filters that are convolved separately; 1 by default */
  readonly groups?: number | undefined;
}

const convOptions: OptionKinds<ConvOptions> = { ...dilatedOptions, groups: 'number' };

/** The extents of the weights; throws ShapeError unless there are four. */
function weightShape(op: string, w: Node, names: string): readonly [number, number, number, number] {
  const [rows, columns, a, b] = w.shape;
  if (w.shape.length !== 4 || rows === undefined || columns === undefined || rows * columns === 0) {
    throw new ShapeError(`${op}: w must be [rows, columns, ${names}], its window not empty; got ${showShape(w.shape)}`);
  }
  return [rows, columns, a ?? 0, b ?? 0];
}

/** Throws RangeError unless the groups divide the filters. */
export function requireGroups(op: string, groups: number, filters: number): void {
  if (!Number.isSafeInteger(groups) || groups < 1 || filters % groups !== 0) {
    throw new RangeError(
      `${op}: groups must be a whole number ≥ 1 that divides the filters; got ${show(groups)} groups, ${filters} filters`,
    );
  }
}

/** Throws ShapeError unless x [..., channels] has as many channels as w [..., channels / groups, filters] takes. */
export function requireChannels(op: string, x: Node, w: Node, groups: number): void {
  if ((w.shape.at(-2) ?? 0) * groups === x.shape.at(-1)) return;
  throw new ShapeError(
    `${op}: x must have as many channels as w takes; got ${showShape(x.shape)} ⋆ ${showShape(w.shape)}${groups > 1 ? ` in ${groups} groups` : ''}`,
  );
}

/** conv2d, which errors call `op`. */
export function convolution(op: string, x: Node, w: Node, options: ConvOptions): Node {
  const { groups = 1 } = options;
  const [images, rows, columns] = requireImages(op, x);
  const [tapRows, tapColumns, channels, filters] = weightShape(op, w, 'channels / groups, filters');
  requireGroups(op, groups, filters);
  requireChannels(op, x, w, groups);
  const [rowAxis, columnAxis] = axesOf(op, [rows, columns], [tapRows, tapColumns], options);
  const shape = { images, rows: rowAxis, columns: columnAxis, groups, channels, filters: filters / groups };
  return convolve(cast(x, 'float32'), cast(w, 'float32'), shape);
}

/**
 * x [batch, rows, columns, channels] ⋆ w [rows, columns, channels / groups, filters] → [batch, rows′, columns′, filters],
 * float32. Throws ShapeError where shapes do not fit,
 * RangeError for options that make no sense.
 */
export function conv2d(x: Node, w: Node, options: ConvOptions = {}): Node {
  return convolution('conv2d', x, w, readOptions('conv2d', options, convOptions));
}

/** Options of conv2dTranspose. */
export interface ConvTransposeOptions {
  /** step in the result from one window to the next; 1 by default */
  readonly strides?: Pair | undefined;
  /** as in the convolution of which this is the adjoint; 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
  /** step from one element of a window to the next; 1 by default */
  readonly dilation?: Pair | undefined;
  /** rows and columns to add at the end, fewer than the stride; by default as many as in Keras */
  readonly outputPadding?: Pair | undefined;
}

const convTransposeOptions: OptionKinds<ConvTransposeOptions> = {
  strides: 'any',
  padding: 'any',
  dilation: 'any',
  outputPadding: 'any',
};

/**
 * The adjoint of conv2d with the same weights: x [batch, rows, columns, channels], w [rows, columns, filters, channels] →
 * [batch, rows′, columns′, filters]. rows′ is rows · stride with 'same', rows · stride + max(window − stride, 0) with 'valid'; with
 * outputPadding p, (rows − 1) · stride + window − 2·before + p, as in Keras. Throws ShapeError and RangeError.
 */
export function conv2dTranspose(x: Node, w: Node, options: ConvTransposeOptions = {}): Node {
  const {
    strides = 1,
    padding = 'valid',
    dilation = 1,
    outputPadding,
  } = readOptions('conv2dTranspose', options, convTransposeOptions);
  const [images, rows, columns, channels] = requireImages('conv2dTranspose', x);
  const [tapRows, tapColumns, filters, taken] = weightShape('conv2dTranspose', w, 'filters, channels');
  if (taken !== channels) {
    throw new ShapeError(
      `conv2dTranspose: x must have as many channels as w takes; got ${showShape(x.shape)} and ${showShape(w.shape)}, w being [rows, columns, filters, channels]`,
    );
  }
  if (padding !== 'valid' && padding !== 'same') {
    throw new RangeError(`conv2dTranspose: padding must be 'valid' or 'same'; got ${show(padding)}`);
  }
  const [strideOf, dilationOf] = [
    pairOf('conv2dTranspose', 'strides', strides),
    pairOf('conv2dTranspose', 'dilation', dilation),
  ];
  const added = outputPadding === undefined ? undefined : pairOf('conv2dTranspose', 'outputPadding', outputPadding, 0);
  const axis = (i: 0 | 1) => {
    const steps = { taps: i === 0 ? tapRows : tapColumns, stride: strideOf[i], dilation: dilationOf[i] };
    const [output, window] = [i === 0 ? rows : columns, (steps.taps - 1) * steps.dilation + 1];
    if (added && added[i] >= steps.stride) {
      throw new RangeError(
        `conv2dTranspose: outputPadding must be less than the stride; got ${added[i]} for a stride of ${steps.stride}`,
      );
    }
    const before = padding === 'same' ? 2 * Math.floor(window / 2) : 0;
    const padded = (output - 1) * steps.stride + window - before + (added?.[i] ?? 0);
    const plain = output * steps.stride + (padding === 'same' ? 0 : Math.max(window - steps.stride, 0));
    const input = Math.max(0, output === 0 ? 0 : added ? padded : plain);
    return padding === 'same' ? sameAxis(input, output, steps) : { ...steps, input, output, before: 0 };
  };
  const shape = { images, rows: axis(0), columns: axis(1), groups: 1, channels: filters, filters: channels };
  return spread(cast(x, 'float32'), cast(w, 'float32'), shape);
}
