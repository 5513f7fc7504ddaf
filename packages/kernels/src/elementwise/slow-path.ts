// What few lanes ever need. V8 joins two chains of vectors only within one straight piece of code, so a branch inside a
// chain would cost every lane. A round of a loop leaves such branches out, notes where they were wanted, stores what it has,
// and computes the whole round again with them where some lane did want one. Elsewhere the branch stands where it is.

import { type Expr, type FunctionBuilder, type Local, v128 } from '@treadle/wasm';

const noted = new WeakMap<FunctionBuilder, Local<'i32x4'>[]>();

/** Emits `mend` for when some lane of the mask `wanted` is set; what it does not name it must leave as it is. */
export function emitSlowPath(f: FunctionBuilder, wanted: Local<'i32x4'>, mend: () => void): void {
  const round = noted.get(f);
  if (round) round.push(wanted);
  else f.if(v128.any_true(wanted), mend);
}

/** Emits `compute` without what is rare, and once more with it for when that was wanted; it must do no harm twice. */
export function repairSlowPath(f: FunctionBuilder, compute: () => void): void {
  const round: Local<'i32x4'>[] = [];
  noted.set(f, round);
  compute();
  noted.delete(f);
  const [first, ...others] = round;
  if (!first) return;
  const some = others.reduce<Expr<'i32x4'>>((all, one) => v128.or(all, one), first);
  f.if(v128.any_true(some), compute);
}
