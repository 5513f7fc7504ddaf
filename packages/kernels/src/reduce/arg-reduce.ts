// The position of the largest or the smallest element of the last axis: a reduction of pairs (value, position). Of equal elements
// the first counts, and NaN counts as more extreme than every number, as in NumPy.

import { type Expr, type FunctionBuilder, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import { sizeOf } from '../core/collapse-dims.ts';
import type { Lane } from '../core/format.ts';
import type { Kernel, Operand, Slot } from '../core/kernel.ts';
import type { LaneExpression } from '../core/lane-expression.ts';
import { lanes } from '../elementwise/kernel.ts';
import { reduceInOrder } from './order.ts';

/** An elementwise expression whose most extreme element is looked for along the last axis. */
export interface ArgReduction extends LaneExpression {
  /** the shape of the outputs, then K */
  readonly shape: readonly number[];
  /** of the one result of the body */
  readonly type: Lane;
  readonly direction: 'max' | 'min';
  /** int32, a view of the shape of the outputs */
  readonly store: Operand;
  /** the slot of a buffer of `length` elements that lives until the kernels have run */
  readonly allocate: (length: number) => Slot;
}

/** [...outputs, K] → outputs, positions in [0, K); 0 where K is 0. */
export function argReduce({ type, direction, store, allocate, ...program }: ArgReduction): Kernel[] {
  const { shape, body } = program;
  const outputs = shape.slice(0, -1);
  if (sizeOf(outputs) === 0) return [];
  if (shape.at(-1) === 0) {
    const empty = { ...program, key: undefined, shape: outputs, loads: [], stores: [store] };
    return [lanes({ ...empty, body: () => [i32x4.const(0)] })];
  }
  const beats = type === 'f32x4' ? floatBeats(direction) : integerBeats(direction);
  return reduceInOrder(
    {
      ...program,
      body: (f, values, { index, k }) => [...body(f, values, index), k()],
      // Position 0 with the least value of all: where nothing beats it, every element is that value, and the first one counts.
      words: [
        { type, identity: leastOf(type, direction) },
        { type: 'i32x4', identity: 0 },
      ],
      accumulate: (f, a, b) => choose(f, a, b, beats(b[0]!, a[0]!)),
      merge: (f, a, b) => {
        const isEarlier = i32x4.lt_s(reinterpret('i32x4', b[1]!), reinterpret('i32x4', a[1]!));
        const isBetter = beats(b[0]!, a[0]!);
        return choose(f, a, b, v128.or(isBetter, v128.andnot(isEarlier, beats(a[0]!, b[0]!))));
      },
    },
    [{ word: 1, operand: store }],
    allocate,
  );
}

type Beats = (a: Expr<Lane>, b: Expr<Lane>) => Expr<'i32x4'>;

/** Whether a is more extreme than b, or a is NaN and b is a number. */
function floatBeats(direction: 'max' | 'min'): Beats {
  const isNotBeyond = direction === 'max' ? f32x4.le : f32x4.ge;
  return (a, b) => {
    const [x, y] = [reinterpret('f32x4', a), reinterpret('f32x4', b)];
    return v128.andnot(f32x4.eq(y, y), isNotBeyond(x, y));
  };
}

function integerBeats(direction: 'max' | 'min'): Beats {
  const isBeyond = direction === 'max' ? i32x4.gt_s : i32x4.lt_s;
  return (a, b) => isBeyond(reinterpret('i32x4', a), reinterpret('i32x4', b));
}

function leastOf(type: Lane, direction: 'max' | 'min'): number {
  if (type === 'f32x4') return direction === 'max' ? -Infinity : Infinity;
  return direction === 'max' ? -(2 ** 31) : 2 ** 31 - 1;
}

/** `b` where the mask is set, else `a`. */
function choose(
  f: FunctionBuilder,
  a: readonly Expr<Lane>[],
  b: readonly Expr<Lane>[],
  mask: Expr<'i32x4'>,
): readonly Expr<Lane>[] {
  const taken = f.let(mask);
  return a.map((value, w) => v128.bitselect(b[w]!, value, taken));
}
