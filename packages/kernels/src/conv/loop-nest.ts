// Loops within loops over two pointers. Each loop moves the pointers by steps of its own; where V8 joins vectors, short loops are
// unrolled into code with constant offsets. Knows nothing of what is done inside.

import { type AddressType, type FunctionBuilder, i32, type Local } from '@treadle/wasm';
import type { Level } from '../core/kernel.ts';
import { repeat } from './block-runs.ts';

/** Steps are in bytes, at least 0. */
export interface Loop {
  /** undefined: known at run time, which is allowed only for the outermost loop */
  readonly count: number | undefined;
  readonly aStride: number;
  readonly bStride: number;
}

/** Joins loops that step like one loop, and drops loops that run once. */
export function joined(loops: readonly Loop[]): Loop[] {
  const kept: Loop[] = [];
  for (const loop of loops) {
    const outer = kept.at(-1);
    const isRun =
      outer?.count !== undefined &&
      loop.count !== undefined &&
      outer.aStride === loop.count * loop.aStride &&
      outer.bStride === loop.count * loop.bStride;
    if (isRun || outer?.count === 1) kept.pop();
    kept.push(isRun ? { ...loop, count: (outer.count ?? 1) * (loop.count ?? 1) } : loop);
  }
  const last = kept.at(-1);
  if (kept.length > 1 && last?.count === 1) kept.pop();
  return kept;
}

/** What the loops share: the pointers that they move, and the code inside. */
export interface Nest {
  readonly f: FunctionBuilder;
  readonly a: Local<AddressType>;
  readonly b: Local<AddressType>;
  /** of the outermost loop, where it is known at run time only */
  readonly count: Local<'i32'>;
  readonly level: Level;
  /** Emits the inside of the loops, for elements at constant offsets from a and b. */
  readonly step: (aOffset: number, bOffset: number) => void;
  /** Emits all of an innermost loop that runs few times at once; undefined where that gains nothing. */
  readonly slide: ((loop: Loop, aOffset: number, bOffset: number) => void) | undefined;
}

/** Bytes that a and b have moved. */
interface Moved {
  readonly a: number;
  readonly b: number;
}

/** The most steps that are unrolled where V8 joins vectors. Where it does not, unrolling costs registers. */
const mostUnrolled = 16;

/** The most rounds of a loop that `slide` emits at once: it holds as many vectors of B. */
const mostSlid = 5;

/** Emits the loops, outermost first; returns how far they move a and b where that is known, otherwise 0. */
export function emitLoops(nest: Nest, loops: readonly Loop[]): Moved {
  const [outer, ...inner] = loops;
  const { f, a, b, level } = nest;
  if (!outer) {
    nest.step(0, 0);
    return { a: 0, b: 0 };
  }
  const steps = loops.reduce((product, { count }) => product * (count ?? Number.POSITIVE_INFINITY), 1);
  if (level.bits === 256 && steps <= mostUnrolled) {
    unroll(nest, loops, 0, 0);
    return { a: 0, b: 0 };
  }
  if (inner.length === 0) return emitInnermost(nest, outer);
  const round = (): void => {
    const moved = emitLoops(nest, inner);
    if (outer.aStride !== moved.a) f.increment(a, outer.aStride - moved.a);
    if (outer.bStride !== moved.b) f.increment(b, outer.bStride - moved.b);
  };
  if (outer.count === undefined) {
    f.if(i32.gt_s(nest.count, 0), () => repeat(f, nest.count, round));
    return { a: 0, b: 0 };
  }
  repeat(f, f.local('i32', outer.count), round);
  return { a: outer.count * outer.aStride, b: outer.count * outer.bStride };
}

function unroll(nest: Nest, [outer, ...inner]: readonly Loop[], aOffset: number, bOffset: number): void {
  if (!outer) {
    nest.step(aOffset, bOffset);
    return;
  }
  if (inner.length === 0 && nest.slide && (outer.count ?? 0) <= mostSlid && outer.aStride > 0) {
    nest.slide(outer, aOffset, bOffset);
    return;
  }
  for (let i = 0; i < (outer.count ?? 0); i++)
    unroll(nest, inner, aOffset + i * outer.aStride, bOffset + i * outer.bStride);
}

function emitInnermost({ f, a, b, count, level, step }: Nest, { count: known, aStride, bStride }: Loop): Moved {
  const several = level.bits === 256 ? 4 : 1;
  const round = (steps: number): void => {
    for (let u = 0; u < steps; u++) step(u * aStride, u * bStride);
    f.increment(a, steps * aStride);
    f.increment(b, steps * bStride);
  };
  if (known === undefined) {
    const rounds = f.let(i32.div_s(count, several));
    f.if(i32.gt_s(rounds, 0), () => repeat(f, rounds, () => round(several)));
    if (several === 1) return { a: 0, b: 0 };
    const left = f.let(i32.and(count, several - 1));
    f.if(i32.gt_s(count, 0), () => f.if(left, () => repeat(f, left, () => round(1))));
    return { a: 0, b: 0 };
  }
  const [rounds, left] = [Math.floor(known / several), known % several];
  if (rounds > 0) repeat(f, f.local('i32', rounds), () => round(several));
  for (let u = 0; u < left; u++) step(u * aStride, u * bStride);
  return { a: rounds * several * aStride, b: rounds * several * bStride };
}
