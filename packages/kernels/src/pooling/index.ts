// Windows combined channel by channel: the largest element or the mean of each, and what goes the other way, an output's
// share given back to the elements it came from. Vectors run over channels. What windows reach out of the image is not there:
// it is neither largest nor counted.

import { type Expr, f32x4, reinterpret, v128 } from '@treadle/wasm';
import type { ConvAxis } from '../conv/axis.ts';
import type { Epilogue, Kernel, Slot } from '../core/kernel.ts';
import { gatherWindows } from './gather-windows.ts';
import { spreadWindows } from './spread-windows.ts';

export interface PoolShape {
  readonly images: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  readonly channels: number;
}

export interface PoolSpec extends PoolShape {
  /** dense [images, rows, columns, channels] of windows' outputs or of the image, whichever the kernel gives */
  readonly out: Slot;
  readonly epilogue?: Epilogue | undefined;
}

/** The largest element of each window of x, dense; NaN wins. */
export function maxPool({ x, ...spec }: PoolSpec & { readonly x: Slot }): Kernel[] {
  return gatherWindows({
    ...spec,
    name: 'max pool',
    inputs: [x],
    begin: () => [f32x4.const(Number.NEGATIVE_INFINITY)],
    step: (_, [largest], [value]) => [f32x4.max(largest!, value!)],
    end: (_, [largest]) => largest!,
  });
}

/** The element of v, dense as x, where the first largest element of each window of x is; the first NaN is largest. */
export function maxPoolPick({ x, v, ...spec }: PoolSpec & { readonly x: Slot; readonly v: Slot }): Kernel[] {
  return gatherWindows({
    ...spec,
    name: 'max pool pick',
    inputs: [x, v],
    // what is largest so far, the element of v there, and whether there is none yet
    begin: () => [f32x4.const(0), f32x4.const(0), v128.not(f32x4.const(0))],
    step: (f, [largest, chosen, none], [value, candidate]) => {
      const isNew = v128.or(none!, isBeyond(value!, largest!));
      const taken = f.let(isNew);
      return [v128.bitselect(value!, largest!, taken), v128.bitselect(candidate!, chosen!, taken), f32x4.const(0)];
    },
    end: (_, [, chosen]) => chosen!,
  });
}

/** Not ≤, and the other no NaN. */
function isBeyond(a: Expr<'f32x4'>, b: Expr<'f32x4'>): Expr<'f32x4'> {
  return v128.andnot(asFloats(f32x4.eq(b, b)), asFloats(f32x4.le(a, b)));
}

function asFloats(mask: Expr<'i32x4'>): Expr<'f32x4'> {
  return reinterpret('f32x4', mask);
}

/** The mean of each window of x, dense, over the elements that are there. */
export function averagePool({ x, ...spec }: PoolSpec & { readonly x: Slot }): Kernel[] {
  return gatherWindows({
    ...spec,
    name: 'average pool',
    inputs: [x],
    begin: () => [f32x4.const(0)],
    step: (_, [sum], [value]) => [f32x4.add(sum!, value!)],
    end: (count, [sum]) => f32x4.div(sum!, count),
  });
}

/** Every output's dy at the first largest element of its window of x, 0 elsewhere; what meets is added in the order of windows. */
export function maxPoolSpread({ x, dy, ...spec }: PoolSpec & { readonly x: Slot; readonly dy: Slot }): Kernel[] {
  return spreadWindows({
    ...spec,
    name: 'max pool gradient',
    inputs: [x],
    dy,
    before: {
      begin: () => f32x4.const(Number.NEGATIVE_INFINITY),
      step: (largest, [value]) => f32x4.max(largest, value!),
    },
    // the state: where the share may still go
    begin: () => v128.not(f32x4.const(0)),
    share: (f, largest, free, [value], dy) => {
      const isLargest = v128.or(asFloats(f32x4.eq(value!, largest)), asFloats(f32x4.ne(value!, value!)));
      const here = f.let(v128.and(isLargest, free));
      return { share: v128.and(dy, here), state: v128.andnot(free, here) };
    },
  });
}

/** Every output's dy, divided among the elements of its window. */
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
