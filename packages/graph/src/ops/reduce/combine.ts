// How reductions combine two vectors of four elements.

import type { Combine } from '@treadle/kernels';
import { type Expr, reinterpret } from '@treadle/wasm';

/** Combines floats; `identity` changes no value that it is combined with. */
export function floats(identity: number, apply: (a: Expr<'f32x4'>, b: Expr<'f32x4'>) => Expr<'f32x4'>): Combine {
  return { type: 'f32x4', identity, apply: (_, a, b) => apply(reinterpret('f32x4', a), reinterpret('f32x4', b)) };
}

/** Combines integers; `identity` changes no value that it is combined with. */
export function ints(identity: number, apply: (a: Expr<'i32x4'>, b: Expr<'i32x4'>) => Expr<'i32x4'>): Combine {
  return { type: 'i32x4', identity, apply: (_, a, b) => apply(reinterpret('i32x4', a), reinterpret('i32x4', b)) };
}
