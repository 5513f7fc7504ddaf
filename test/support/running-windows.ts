// Convolutions, their gradients and pools in the running error analysis: for each element of a result, the list of
// products that it sums. The attributes are read from the key of the op.

import type { ConvAxis, ConvShape, PoolShape } from '@treadle/kernels';
import { gamma, tiny, u } from './reference.ts';
import type { Bounded } from './running-error.ts';

/**
 * Called for every product of a convolution: element `x` times weight `w` is added to output `y`, as flat positions.
 */
type Visit = (x: number, w: number, y: number) => void;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function position({ input, stride, dilation, before }: ConvAxis, output: number, tap: number): number | undefined {
  const at = output * stride + tap * dilation - before;
  return at >= 0 && at < input ? at : undefined;
}

/**
 * Calls `visit` for each output and each element of its window inside the image: outputs in order, then the window in
 * order.
 */
function eachPair(
  { images, rows, columns }: Pick<ConvShape, 'images' | 'rows' | 'columns'>,
  visit: (pixel: number, tap: number, output: number) => void,
): void {
  for (const image of range(images))
    for (const oy of range(rows.output))
      for (const ox of range(columns.output))
        for (const ky of range(rows.taps))
          for (const kx of range(columns.taps)) {
            const [y, x] = [position(rows, oy, ky), position(columns, ox, kx)];
            if (y === undefined || x === undefined) continue;
            visit(
              (image * rows.input + y) * columns.input + x,
              ky * columns.taps + kx,
              (image * rows.output + oy) * columns.output + ox,
            );
          }
}

function eachProduct(shape: ConvShape, visit: Visit): void {
  const { groups, channels, filters } = shape;
  eachPair(shape, (pixel, tap, output) => {
    for (const group of range(groups))
      for (const c of range(channels))
        for (const f of range(filters)) {
          const filter = group * filters + f;
          visit(
            pixel * groups * channels + group * channels + c,
            (tap * channels + c) * groups * filters + filter,
            output * groups * filters + filter,
          );
        }
  });
}

const roles: Readonly<Record<string, readonly ['x' | 'w' | 'y', 'x' | 'w' | 'y', 'x' | 'w' | 'y']>> = {
  conv2d: ['x', 'w', 'y'],
  conv2dTranspose: ['y', 'w', 'x'],
  conv2dWeights: ['x', 'y', 'w'],
};

/** The result of `length` elements of the op with this name and key; undefined if it is no op on windows. */
export function windowed(name: string, key: string, length: number, inputs: readonly Bounded[]): Bounded | undefined {
  const attributes = key.slice(name.length + 1);
  const role = roles[name];
  if (role) return convolved(JSON.parse(attributes), role, length, inputs);
  if (name in pools) return pools[name]!(JSON.parse(attributes), length, inputs);
  return undefined;
}

function convolved(
  shape: ConvShape,
  [first, second, result]: readonly ['x' | 'w' | 'y', 'x' | 'w' | 'y', 'x' | 'w' | 'y'],
  length: number,
  [a, b]: readonly Bounded[],
): Bounded {
  const [values, errors, sizes, counts] = [0, 0, 0, 0].map(() => new Array<number>(length).fill(0));
  eachProduct(shape, (x, w, y) => {
    const at = { x, w, y };
    const [i, j, to] = [at[first], at[second], at[result]];
    const [p, q, ep, eq] = [a!.values[i]!, b!.values[j]!, a!.errors[i]!, b!.errors[j]!];
    values![to]! += p * q;
    errors![to]! += Math.abs(p) * eq + Math.abs(q) * ep + ep * eq;
    sizes![to]! += (Math.abs(p) + ep) * (Math.abs(q) + eq);
    counts![to]! += 1;
  });
  const bounds = errors!.map((error, i) => error + gamma(counts![i]!) * sizes![i]! + counts![i]! * tiny);
  return { values: values!, errors: bounds };
}

type PoolResult = (shape: PoolShape, length: number, inputs: readonly Bounded[]) => Bounded;

/** For each output and channel, the flat positions of the elements in its window. */
function windowsOf(shape: PoolShape): Map<number, number[]> {
  const { channels } = shape;
  const windows = new Map<number, number[]>();
  eachPair(shape, (pixel, _, output) => {
    for (const c of range(channels)) {
      const key = output * channels + c;
      windows.set(key, [...(windows.get(key) ?? []), pixel * channels + c]);
    }
  });
  return windows;
}

const largestOf = (x: Bounded, places: readonly number[]): number =>
  places.reduce((best, at) => (x.values[at]! > x.values[best]! ? at : best));

const pools: Readonly<Record<string, PoolResult>> = {
  maxPool2d: (shape, length, [x]) => picked(shape, length, x!, x!),
  maxPoolPick: (shape, length, [x, v]) => picked(shape, length, x!, v!),
  maxPoolGive: (shape, length, [x, dy]) =>
    given(shape, length, dy!, (places) => [{ at: largestOf(x!, places), divisor: 1 }]),
  averagePoolGive: (shape, length, [dy]) =>
    given(shape, length, dy!, (places) => places.map((at) => ({ at, divisor: places.length }))),
  averagePool2d: (shape, length, [x]) => {
    const [values, errors] = [new Array<number>(length).fill(0), new Array<number>(length).fill(0)];
    for (const [to, places] of windowsOf(shape)) {
      const n = places.length;
      for (const at of places) {
        values[to]! += x!.values[at]! / n;
        errors[to]! += (x!.errors[at]! + gamma(n + 1) * (Math.abs(x!.values[at]!) + x!.errors[at]!)) / n + tiny;
      }
    }
    return { values, errors };
  },
};

function picked(shape: PoolShape, length: number, x: Bounded, v: Bounded): Bounded {
  const [values, errors] = [new Array<number>(length).fill(0), new Array<number>(length).fill(0)];
  for (const [to, places] of windowsOf(shape)) {
    const at = largestOf(x, places);
    values[to] = v.values[at]!;
    errors[to] = v.errors[at]!;
  }
  return { values, errors };
}

function given(
  shape: PoolShape,
  length: number,
  dy: Bounded,
  share: (places: readonly number[]) => readonly { readonly at: number; readonly divisor: number }[],
): Bounded {
  const [values, errors, sizes, counts] = [0, 0, 0, 0].map(() => new Array<number>(length).fill(0));
  for (const [from, places] of windowsOf(shape)) {
    for (const { at, divisor } of share(places)) {
      const [value, error] = [dy.values[from]! / divisor, dy.errors[from]! / divisor];
      const rounded = divisor === 1 ? 0 : 2 * u * (Math.abs(value) + error) + tiny;
      values![at]! += value;
      errors![at]! += error + rounded;
      sizes![at]! += Math.abs(value) + error + rounded;
      counts![at]! += 1;
    }
  }
  return {
    values: values!,
    errors: errors!.map((error, i) => error + gamma(Math.max(0, counts![i]! - 1)) * sizes![i]!),
  };
}
