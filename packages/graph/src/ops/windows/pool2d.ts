// maxPool2d and averagePool2d: the largest element, or the mean, of each window of each channel. The gradient of a maximum goes to the
// first element that is largest. Two further ops are each other's gradient: one gives an output's value to that element, the other
// takes the value of another image there.

import {
  averagePool as averageKernels,
  averagePoolSpread,
  denseSlot,
  type Kernel,
  maxPool as maxKernels,
  maxPoolPick,
  maxPoolSpread,
  type PoolShape,
  type Slot,
} from '@treadle/kernels';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import { applyOp } from '../../make-node.ts';
import type { Lowering, Node, TiledOp } from '../../node.ts';
import { cast } from '../elementwise/cast.ts';
import { axesOf, type Pair, pairOf, requireImages } from './window.ts';

/** Options of pooling. */
export interface PoolOptions {
  /** step from one window to the next; the size of the window by default, so that windows do not overlap */
  readonly strides?: Pair | undefined;
  /** 'valid' (the default): windows stay inside; 'same': ⌈input / stride⌉ windows */
  readonly padding?: 'valid' | 'same' | undefined;
}

const poolOptions: OptionKinds<PoolOptions> = { strides: 'any', padding: 'any' };

function poolShape(op: string, x: Node, size: Pair, options: PoolOptions): PoolShape {
  const { strides = size, padding = 'valid' } = readOptions(op, options, poolOptions);
  const [images, height, width, channels] = requireImages(op, x);
  const taps = pairOf(op, 'size', size);
  if (padding !== 'valid' && padding !== 'same') {
    throw new RangeError(`${op}: padding must be 'valid' or 'same'; got ${show(padding)}`);
  }
  const [rows, columns] = axesOf(op, [height, width], taps, { strides, padding });
  return { images, rows, columns, channels };
}

const ofImage = ({ images, rows, columns, channels }: PoolShape) => [images, rows.input, columns.input, channels];
const ofOutputs = ({ images, rows, columns, channels }: PoolShape) => [images, rows.output, columns.output, channels];

type PoolOp = Pick<TiledOp, 'name' | 'gradient'> & {
  kernels(
    slots: readonly Slot[],
    spec: PoolShape & Pick<Lowering, 'epilogue'> & { readonly out: Slot },
  ): readonly Kernel[];
};

/** The op of a kind of pooling. Its inputs are made dense; its attributes are in the key. */
function poolOp(shape: PoolShape, { name, gradient, kernels }: PoolOp): TiledOp {
  return {
    kind: 'tiled',
    name,
    key: `${name} ${JSON.stringify(shape)}`,
    takesEpilogue: true,
    kernels: ({ inputs, output, allocate, epilogue }) => {
      const copies: Kernel[] = [];
      const slots = inputs.map((input) => denseSlot(input, allocate, copies));
      return [...copies, ...kernels(slots, { ...shape, out: output, ...(epilogue && { epilogue }) })];
    },
    gradient,
  };
}

function slot(slots: readonly Slot[], i: number): Slot {
  const found = slots[i];
  if (found === undefined) throw new Error('internal: a pool needs its inputs');
  return found;
}

/** The element of v at the position of the first largest element of each window of x. */
function pickLargest(x: Node, v: Node, shape: PoolShape): Node {
  const op = poolOp(shape, {
    name: 'maxPoolPick',
    kernels: (slots, spec) => maxPoolPick({ ...spec, x: slot(slots, 0), v: slot(slots, 1) }),
    gradient: (dy) => [undefined, giveToLargest(x, dy, shape)],
  });
  return applyOp(op, [x, v], ofOutputs(shape), 'float32');
}

/** dy, added up at the position of the first largest element of each window of x. */
function giveToLargest(x: Node, dy: Node, shape: PoolShape): Node {
  const op = poolOp(shape, {
    name: 'maxPoolGive',
    kernels: (slots, spec) => maxPoolSpread({ ...spec, x: slot(slots, 0), dy: slot(slots, 1) }),
    gradient: (dx) => [undefined, pickLargest(x, dx, shape)],
  });
  return applyOp(op, [x, dy], ofImage(shape), 'float32');
}

/**
 * The largest element of each window of x [batch, rows, columns, channels], NaN where there is one; float32. The gradient goes to the first
 * largest element of the window, row by row. Throws ShapeError where a window does not fit, RangeError for options.
 */
export function maxPool2d(x: Node, size: Pair, options: PoolOptions = {}): Node {
  const shape = poolShape('maxPool2d', x, size, options);
  const values = cast(x, 'float32');
  const op = poolOp(shape, {
    name: 'maxPool2d',
    kernels: (slots, spec) => maxKernels({ ...spec, x: slot(slots, 0) }),
    gradient: (dy) => [giveToLargest(values, dy, shape)],
  });
  return applyOp(op, [values], ofOutputs(shape), 'float32');
}

function average(x: Node, shape: PoolShape): Node {
  const op = poolOp(shape, {
    name: 'averagePool2d',
    kernels: (slots, spec) => averageKernels({ ...spec, x: slot(slots, 0) }),
    gradient: (dy) => [spreadEvenly(dy, shape)],
  });
  return applyOp(op, [x], ofOutputs(shape), 'float32');
}

/** Each output divided evenly among the elements of its window. */
function spreadEvenly(dy: Node, shape: PoolShape): Node {
  const op = poolOp(shape, {
    name: 'averagePoolGive',
    kernels: (slots, spec) => averagePoolSpread({ ...spec, dy: slot(slots, 0) }),
    gradient: (dx) => [average(dx, shape)],
  });
  return applyOp(op, [dy], ofImage(shape), 'float32');
}

/**
 * The mean of each window of x [batch, rows, columns, channels] over the elements inside the image: padding does not count; float32. Throws ShapeError where a window does not fit, RangeError for options.
 */
export function averagePool2d(x: Node, size: Pair, options: PoolOptions = {}): Node {
  return average(cast(x, 'float32'), poolShape('averagePool2d', x, size, options));
}
