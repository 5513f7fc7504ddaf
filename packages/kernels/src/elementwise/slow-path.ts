// Branches that few lanes need. V8 joins two chains of vectors only within straight-line code, so a branch inside a chain would
// slow down every lane. A loop pass therefore leaves such branches out, notes their conditions, and stores its results; where a
// condition holds for some lane, it computes the whole pass again with the branches. Elsewhere a branch stays where it is.

import { type Expr, type FunctionBuilder, type Local, v128 } from '@treadle/wasm';

const noted = new WeakMap<FunctionBuilder, Local<'i32x4'>[]>();

/** Emits `mend`, which runs if some lane of the mask `wanted` is set. It must leave the other lanes unchanged. */
export function emitSlowPath(f: FunctionBuilder, wanted: Local<'i32x4'>, mend: () => void): void {
  const conditions = noted.get(f);
  if (conditions) conditions.push(wanted);
  else f.if(v128.any_true(wanted), mend);
}

/** Emits `compute` without slow paths, then again with them, to run if one was wanted. Computing twice must give the same. */
export function repairSlowPath(f: FunctionBuilder, compute: () => void): void {
  const conditions: Local<'i32x4'>[] = [];
  noted.set(f, conditions);
  compute();
  noted.delete(f);
  const [first, ...others] = conditions;
  if (!first) return;
  const some = others.reduce<Expr<'i32x4'>>((all, one) => v128.or(all, one), first);
  f.if(v128.any_true(some), compute);
}
