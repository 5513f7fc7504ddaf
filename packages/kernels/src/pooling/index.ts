// Pooling: the largest element or the mean of each window, channel by channel, and the gradients, which give each output's dy back
// to the elements that it came from. Vectors run over channels. Where a window reaches outside the image, nothing is there:
// positions outside are neither largest nor counted.

import { type Expr, f32x4, reinterpret, v128 } from '@treadle/wasm';
import type { ConvAxis } from '../conv/axis.ts';
import type { Epilogue, Kernel, Slot } from '../core/kernel.ts';
import { gatherWindows } from './gather-windows.ts';
import { spreadWindows } from './spread-windows.ts';

/** The sizes of a pool. */
export interface PoolShape {
  readonly images: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  readonly channels: number;
}

/** A pool, or its gradient: its sizes and its output. */
export interface PoolSpec extends PoolShape {
  /** dense [images, rows, columns, channels]: of the outputs, or of the image for a gradient */
  readonly out: Slot;
  readonly epilogue?: Epilogue | undefined;
}

/** The largest element of each window of x, dense; NaN where the window holds one. */
export function maxPool({ x, ...spec }: PoolSpec & { readonly x: Slot }): Kernel[] {
  return gatherWindows({
    ...spec,
    name: 'max pool',
    inputs: [x],
    begin: () => [f32x4.const(Number.NEGATIVE_INFINITY)],
    accumulate: (_, [largest], [value]) => [f32x4.max(largest!, value!)],
    end: (_, [largest]) => largest!,
  });
}

/** The element of v, dense as x, where the first largest element of each window of x is; the first NaN is largest. */
export function maxPoolPick({ x, v, ...spec }: PoolSpec & { readonly x: Slot; readonly v: Slot }): Kernel[] {
  return gatherWindows({
    ...spec,
    name: 'max pool pick',
    inputs: [x, v],
    // the largest element so far, the element of v there, and a mask: whether there is no element yet
    begin: () => [f32x4.const(0), f32x4.const(0), v128.not(f32x4.const(0))],
    accumulate: (f, [largest, chosen, none], [value, candidate]) => {
      const isNew = v128.or(none!, isBeyond(value!, largest!));
      const taken = f.let(isNew);
      return [v128.bitselect(value!, largest!, taken), v128.bitselect(candidate!, chosen!, taken), f32x4.const(0)];
    },
    end: (_, [, chosen]) => chosen!,
  });
}

/** a > b, where NaN counts as larger than every number; false where b is NaN. */
function isBeyond(a: Expr<'f32x4'>, b: Expr<'f32x4'>): Expr<'f32x4'> {
  return v128.andnot(asFloats(f32x4.eq(b, b)), asFloats(f32x4.le(a, b)));
}

function asFloats(mask: Expr<'i32x4'>): Expr<'f32x4'> {
  return reinterpret('f32x4', mask);
}

/** The mean of the elements inside each window of x, dense. */
export function averagePool({ x, ...spec }: PoolSpec & { readonly x: Slot }): Kernel[] {
  return gatherWindows({
    ...spec,
    name: 'average pool',
    inputs: [x],
    begin: () => [f32x4.const(0)],
    accumulate: (_, [sum], [value]) => [f32x4.add(sum!, value!)],
    end: (count, [sum]) => f32x4.div(sum!, count),
  });
}

/**
 * The dy of every output at the first largest element of its window of x, 0 elsewhere; where windows overlap, added in the order
 * of the windows.
 */
export function maxPoolSpread({ x, dy, ...spec }: PoolSpec & { readonly x: Slot; readonly dy: Slot }): Kernel[] {
  return spreadWindows({
    ...spec,
    name: 'max pool gradient',
    inputs: [x],
    dy,
    before: {
      begin: () => f32x4.const(Number.NEGATIVE_INFINITY),
      accumulate: (largest, [value]) => f32x4.max(largest, value!),
    },
    // the state is a mask: whether the largest element is yet to come
    begin: () => v128.not(f32x4.const(0)),
    share: (f, largest, free, [value], dy) => {
      const isLargest = v128.or(asFloats(f32x4.eq(value!, largest)), asFloats(f32x4.ne(value!, value!)));
      const here = f.let(v128.and(isLargest, free));
      return { share: v128.and(dy, here), state: v128.andnot(free, here) };
    },
  });
}

/** The dy of every output, divided equally among the elements of its window. */
export function averagePoolSpread({ dy, ...spec }: PoolSpec & { readonly dy: Slot }): Kernel[] {
  return spreadWindows({
    ...spec,
    name: 'average pool gradient',
    inputs: [],
    dy,
    before: undefined,
    begin: () => f32x4.const(0),
    share: (_f, _largest, state, _values, dy, count) => ({ share: f32x4.div(dy, count), state }),
  });
}
