// Convolutions over two axes, channels last, and their two gradients: three sums over the same triples of an image's element, a
// weight and an output, each an implicit matrix product (correlate.ts, weight-gradient.ts), or a plain one where windows share no
// elements.

import { f32x4, reinterpret } from '@treadle/wasm';
import type { Epilogue, Kernel, Level, Operand, Slot, View } from '../core/kernel.ts';
import { denseOperand, transposed } from '../core/operand.ts';
import { denseSlot } from '../elementwise/copy.ts';
import { lanes } from '../elementwise/kernel.ts';
import { constantLane } from '../elementwise/vector-io.ts';
import { matmul } from '../matmul/index.ts';
import { type Combine, reduce } from '../reduce/reduce.ts';
import { type ConvAxis, type Phase, phasesOf } from './axis.ts';
import { correlate } from './correlate.ts';
import { blockOf, type Placement, type Windows } from './correlation.ts';
import { panelsFrom } from './panels.ts';
import { chunksOf, weightGradient } from './weight-gradient.ts';

/** The sizes of a convolution. */
export interface ConvShape {
  readonly images: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  readonly groups: number;
  /** of a group */
  readonly channels: number;
  /** of a group */
  readonly filters: number;
}

interface Spec extends ConvShape {
  readonly out: Slot;
  readonly level: Level;
  /** the slot of a new temporary buffer of `length` elements */
  readonly allocate: (length: number) => Slot;
}

/** A convolution: its operands, its output and its sizes. */
export interface ConvSpec extends Spec {
  /** [images, rows, columns, groups · channels] */
  readonly x: Operand;
  /** [taps, taps, channels, groups · filters] */
  readonly w: Operand;
  readonly epilogue?: Epilogue | undefined;
}

/** y [images, rows, columns, groups · filters]; no kernels where y has no elements. */
export function conv2d({ x, w, out, epilogue, level, allocate, ...shape }: ConvSpec): Kernel[] {
  const { images, rows, columns, groups, filters } = shape;
  if (images * rows.output * columns.output * groups * filters === 0) return [];
  const kernels: Kernel[] = [];
  const input = denseSlot(x, allocate, kernels);
  const sizes = productOf(shape);
  if (sizes) {
    const [a, b] = [
      denseOperand(input, [sizes.m, sizes.k]),
      denseOperand(denseSlot(w, allocate, kernels), [sizes.k, filters]),
    ];
    return [...kernels, ...matmul({ a, b, out, epilogue, level, allocate })];
  }
  const windows = windowsOf(shape);
  const { nr } = blockOf(columns.output, filters, level, windows.perLane);
  const grouped = byGroup(w, groups * filters, windows.groups);
  const weights = panelsFrom(grouped, nr, windows.perLane, level, allocate, kernels);
  const placement = placementOf(rows.output, columns.output, groups * filters);
  const name = `conv2d ${describe(shape)}`;
  return [...kernels, correlate({ ...windows, name, input, weights, out, placement, epilogue, level })];
}

/** The gradient of the input of a convolution. */
export interface InputGradientSpec extends Spec {
  /** [images, rows, columns, groups · filters] */
  readonly dy: Operand;
  /** [taps, taps, channels, groups · filters] */
  readonly w: Operand;
  /** only where no stride is greater than 1 */
  readonly epilogue?: Epilogue | undefined;
}

/** dx [images, rows, columns, groups · channels]: a kernel for each phase of the strides. */
export function conv2dInputGradient({ dy, w, out, epilogue, level, allocate, ...shape }: InputGradientSpec): Kernel[] {
  const { images, rows, columns, groups, channels, filters } = shape;
  if (images * rows.input * columns.input * groups * channels === 0) return [];
  const kernels: Kernel[] = [];
  const input = denseSlot(dy, allocate, kernels);
  const sizes = productOf(shape);
  if (sizes) {
    const [a, b] = [
      denseOperand(input, [sizes.m, filters]),
      denseOperand(denseSlot(w, allocate, kernels), [sizes.k, filters]),
    ];
    return [...kernels, ...matmul({ a, b: transposed(b), out, epilogue, level, allocate })];
  }
  const { perLane } = windowsOf(shape);
  const grouped = byGroup(w, groups * filters, perLane ? 1 : groups);
  const whole = placementOf(rows.input, columns.input, groups * channels);
  const name = `conv2d input gradient ${describe(shape)}`;
  for (const y of phasesOf(rows)) {
    for (const x of phasesOf(columns)) {
      const offset = y.phase * whole.row + x.phase * whole.column;
      const [row, column] = [rows.stride * whole.row, columns.stride * whole.column];
      const placement = { offset, image: whole.image, row, column };
      if (y.axis.taps * x.axis.taps === 0) {
        const sizes = [images, y.axis.output, x.axis.output, groups * channels];
        const view: View = { shape: sizes, strides: [whole.image, row, column, 1], offset };
        kernels.push(zeros(name, { slot: out, view }));
        continue;
      }
      const { nr } = blockOf(x.axis.output, channels, level, perLane);
      const weights = panelsFrom(weightsOf(grouped, y, x, perLane), nr, perLane, level, allocate, kernels);
      const sizes = { images, rows: y.axis, columns: x.axis, groups, channels: filters, filters: channels };
      kernels.push(correlate({ ...windowsOf(sizes), name, input, weights, out, placement, epilogue, level }));
    }
  }
  return kernels;
}

/** The weights [groups, taps, taps, channels, filters] that reach a phase, in the order of its sums, channels as filters. */
function weightsOf({ slot, view }: Operand, y: Phase, x: Phase, perLane: boolean): Operand {
  const [groups = 1, , , channels = 1, filters = 1] = view.shape;
  const [g = 0, ky = 0, kx = 0, c = 0, f = 0] = view.strides;
  const taps = [y.axis.taps, x.axis.taps];
  return {
    slot,
    view: {
      shape: perLane ? [groups, ...taps, 1, filters] : [groups, ...taps, filters, channels],
      strides: [g, ky * y.tapStride, kx * x.tapStride, perLane ? 0 : f, perLane ? f : c],
      offset: view.offset + ky * y.firstTap + kx * x.firstTap,
    },
  };
}

/** The gradient of the weights of a convolution. */
export interface WeightGradientSpec extends Spec {
  /** [images, rows, columns, groups · channels] */
  readonly x: Operand;
  /** [images, rows, columns, groups · filters] */
  readonly dy: Operand;
}

const sums: Combine = {
  type: 'f32x4',
  identity: -0,
  apply: (_, a, b) => f32x4.add(reinterpret('f32x4', a), reinterpret('f32x4', b)),
};

/** dw [taps, taps, channels, groups · filters]; the order of its sums depends on the numbers of images and outputs alone. */
export function conv2dWeightGradient({ x, dy, out, level, allocate, ...shape }: WeightGradientSpec): Kernel[] {
  const { images, rows, columns, groups, channels, filters } = shape;
  const size = rows.taps * columns.taps * channels * groups * filters;
  if (size === 0) return [];
  const name = `conv2d weight gradient ${describe(shape)}`;
  const dense: View = { shape: [size], strides: [1], offset: 0 };
  if (images * rows.output * columns.output === 0) {
    return [zeros(name, { slot: out, view: dense })];
  }
  const kernels: Kernel[] = [];
  const slots = { x: denseSlot(x, allocate, kernels), dy: denseSlot(dy, allocate, kernels) };
  const windows = windowsOf(shape);
  const chunks = chunksOf(windows);
  const sizes = productOf(shape);
  // a product with a long sum is better cut along the sum, and reads both sides in place
  if (sizes && chunks === 1) {
    const [a, b] = [denseOperand(slots.x, [sizes.m, sizes.k]), denseOperand(slots.dy, [sizes.m, filters])];
    return [...kernels, ...matmul({ a: transposed(a), b, out, level, allocate })];
  }
  const partial = chunks === 1 ? out : allocate(chunks * size);
  const ofGroup = windows.perLane ? groups : filters;
  kernels.push(weightGradient({ ...windows, ...slots, name, filters: ofGroup, out: partial, level }));
  if (chunks === 1) return kernels;
  const view: View = { shape: [size, chunks], strides: [1, size], offset: 0 };
  const loads = [{ operand: { slot: partial, view }, type: 'f32x4' } as const];
  const stores = [{ slot: out, view: dense }];
  const sum = { name: `sum of ${chunks} chunks`, shape: [size, chunks], loads, cost: 0.2, axes: 1, combine: sums };
  return [...kernels, ...reduce({ ...sum, body: (_, values) => values, stores, allocate })];
}

/**
 * The sizes of the plain product x [m, k] · w [k, filters] that the convolution is where windows share no elements: windows are
 * single pixels, or the only window is the image. Otherwise undefined.
 */
function productOf({ images, rows, columns, groups, channels }: ConvShape): { m: number; k: number } | undefined {
  const axes = [rows, columns];
  if (groups > 1 || axes.some(({ before }) => before !== 0)) return undefined;
  const isPixel = axes.every(
    ({ taps, input, output, stride }) => taps === 1 && (stride === 1 || input === 1) && input === output,
  );
  if (isPixel) return { m: images * rows.input * columns.input, k: channels };
  const isWhole = axes.every(({ taps, input, output, dilation }) => {
    return output === 1 && taps === input && (dilation === 1 || taps === 1);
  });
  return isWhole ? { m: images, k: rows.input * columns.input * channels } : undefined;
}

function zeros(name: string, store: Operand): Kernel {
  const { shape } = store.view;
  return lanes({ name, shape, loads: [], stores: [store], body: () => [constantLane('f32x4', 0)], cost: 0.1 });
}

/** Where every group has one channel and one filter, the groups become the lanes of one group. */
function windowsOf({ images, rows, columns, groups, channels, filters }: ConvShape): Windows {
  const perLane = groups > 1 && channels === 1 && filters === 1;
  return { images, rows, columns, groups: perLane ? 1 : groups, channels, pixel: groups * channels, perLane };
}

/** w [taps, taps, channels, all filters] as [groups, taps, taps, channels, filters]. */
function byGroup({ slot, view }: Operand, all: number, groups: number): Operand {
  const [ky = 1, kx = 1, c = 1] = view.shape;
  const filters = all / groups;
  const last = view.strides.at(-1) ?? 0;
  return {
    slot,
    view: { shape: [groups, ky, kx, c, filters], strides: [filters * last, ...view.strides], offset: view.offset },
  };
}

function placementOf(rows: number, columns: number, channels: number): Placement {
  return { offset: 0, image: rows * columns * channels, row: columns * channels, column: channels };
}

function describe({ images, rows, columns, groups, channels, filters }: ConvShape): string {
  const sizes = `${images}×${rows.input}×${columns.input}×${groups * channels}`;
  return `${sizes} ⋆ ${rows.taps}×${columns.taps}×${channels}×${groups * filters}`;
}
