// The innermost loops of a convolution: a block of rows × columns of the result stays in registers while k runs. It is the
// micro-kernel of the product but for where A lies: nothing is gathered; the rows of the block have offsets that are known
// when the code is written, and k runs through loops within loops, each with a step of its own. Every element is one chain
// of multiply-adds in the order of the loops, so its bits do not depend on the block that it is computed in.

import { type Expr, type FunctionBuilder, i32, type Local, type ModuleBuilder, v128 } from '@treadle/wasm';
import type { Level } from '../core/kernel.ts';
import { computedColumns, fused, grid, type MicroKernel, writeBack } from '../matmul/micro-kernel.ts';

/** Steps are in bytes, at least 0. */
export interface Loop {
  /** undefined: as the caller says, which only the outermost loop may have */
  readonly count: number | undefined;
  readonly aStep: number;
  readonly bStep: number;
}

export interface RegisterTileSpec {
  /** bytes from `a` to the first element of each row */
  readonly aOffsets: readonly number[];
  /** whether a row of A has an element for each column, side by side, instead of one for all */
  readonly perLane: boolean;
  readonly columns: number;
  /** outermost first */
  readonly loops: readonly Loop[];
  readonly cRow: number;
  readonly level: Level;
}

/** Joins loops that step like one, and leaves out those of one round. */
export function joined(loops: readonly Loop[]): Loop[] {
  const kept: Loop[] = [];
  for (const loop of loops) {
    const outer = kept.at(-1);
    const isRun =
      outer?.count !== undefined &&
      loop.count !== undefined &&
      outer.aStep === loop.count * loop.aStep &&
      outer.bStep === loop.count * loop.bStep;
    if (isRun || outer?.count === 1) kept.pop();
    kept.push(isRun ? { ...loop, count: (outer.count ?? 1) * (loop.count ?? 1) } : loop);
  }
  const last = kept.at(-1);
  if (kept.length > 1 && last?.count === 1) kept.pop();
  return kept;
}

/** (a, b, c, count, continues, spill), as the micro-kernel; `count` is that of the outermost loop where it is not known. */
export function registerTile(module: ModuleBuilder, spec: RegisterTileSpec): MicroKernel {
  const key = `conv chains ${JSON.stringify(spec)}`;
  return module.once(key, () =>
    module.func(
      key,
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
      'void',
      (f, a, b, c, count, continues, spill) => {
        const { columns, cRow, level, loops } = spec;
        const vectors = computedColumns(columns, level) / 4;
        const sums = grid(spec.aOffsets.length, vectors, () => f.local('f32x4'));
        f.if(continues, () => {
          sums.forEach((row, i) => {
            row.forEach((sum, j) => {
              f.set(sum, v128.load('f32x4', c, i * cRow + 16 * j));
            });
          });
        });
        const nest: Nest = {
          f,
          a,
          b,
          count,
          level,
          step: multiplyAdd(f, spec, sums, a, b),
          slide: spec.perLane ? multiplyAddSliding(f, spec, sums, a, b) : undefined,
        };
        if (loops.every((loop) => loop.count !== 0)) run(nest, loops);
        writeBack(f, { columns, cRow, level }, sums, c, spill);
      },
      { exported: false },
    ),
  );
}

interface Nest {
  readonly f: FunctionBuilder;
  readonly a: Local<'i32'>;
  readonly b: Local<'i32'>;
  readonly count: Local<'i32'>;
  readonly level: Level;
  /** one k, at so many bytes from a and b */
  readonly step: (aOffset: number, bOffset: number) => void;
  /** all k of an innermost loop of few, where rows share elements of A */
  readonly slide: ((loop: Loop, aOffset: number, bOffset: number) => void) | undefined;
}

interface Moved {
  readonly a: number;
  readonly b: number;
}

/** Steps that are written one after the other, at most, where V8 joins vectors; where it does not, that costs registers. */
const mostUnrolled = 16;

/** k that slide together, at most: as many vectors of B are held. */
const mostSlid = 5;

/** Emits the loops; returns how far they move a and b where that is known. */
function run(nest: Nest, loops: readonly Loop[]): Moved {
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
  if (inner.length === 0) return runInnermost(nest, outer);
  const round = (): void => {
    const moved = run(nest, inner);
    if (outer.aStep !== moved.a) f.increment(a, outer.aStep - moved.a);
    if (outer.bStep !== moved.b) f.increment(b, outer.bStep - moved.b);
  };
  if (outer.count === undefined) {
    f.if(i32.gt_s(nest.count, 0), () => repeat(f, nest.count, round));
    return { a: 0, b: 0 };
  }
  repeat(f, f.local('i32', outer.count), round);
  return { a: outer.count * outer.aStep, b: outer.count * outer.bStep };
}

function unroll(nest: Nest, [outer, ...inner]: readonly Loop[], aOffset: number, bOffset: number): void {
  if (!outer) {
    nest.step(aOffset, bOffset);
    return;
  }
  if (inner.length === 0 && nest.slide && (outer.count ?? 0) <= mostSlid && outer.aStep > 0) {
    nest.slide(outer, aOffset, bOffset);
    return;
  }
  for (let i = 0; i < (outer.count ?? 0); i++)
    unroll(nest, inner, aOffset + i * outer.aStep, bOffset + i * outer.bStep);
}

function runInnermost({ f, a, b, count, level, step }: Nest, { count: known, aStep, bStep }: Loop): Moved {
  const several = level.bits === 256 ? 4 : 1;
  const round = (steps: number): void => {
    for (let u = 0; u < steps; u++) step(u * aStep, u * bStep);
    f.increment(a, steps * aStep);
    f.increment(b, steps * bStep);
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
  for (let u = 0; u < left; u++) step(u * aStep, u * bStep);
  return { a: rounds * several * aStep, b: rounds * several * bStep };
}

/** `left` ≥ 1 rounds; it is 0 afterwards. */
function repeat(f: FunctionBuilder, left: Local<'i32'>, body: () => void): void {
  f.loop((again) => {
    body();
    f.increment(left, -1);
    f.brIf(again, left);
  });
}

/**
 * sums[i][j] = a[i] · b[j] + sums[i][j], or a[i][j] · b[j] + sums[i][j]; rounded once where the level allows it. The shorter side
 * is held in registers.
 */
function multiplyAdd(
  f: FunctionBuilder,
  { aOffsets, perLane, level }: RegisterTileSpec,
  sums: readonly (readonly Local<'f32x4'>[])[],
  a: Expr<'i32'>,
  b: Expr<'i32'>,
): (aOffset: number, bOffset: number) => void {
  const [rows, vectors] = [aOffsets.length, sums[0]?.length ?? 0];
  const holdsB = perLane || rows > vectors / 2;
  const bs = Array.from({ length: holdsB ? vectors : 2 }, () => f.local('f32x4'));
  const as = Array.from({ length: perLane ? vectors : holdsB ? 1 : rows }, () => f.local('f32x4'));
  const accumulate = (i: number, j: number): void => {
    const [sum, x, y] = [sums[i]![j]!, as[(perLane ? j : i) % as.length]!, bs[j % bs.length]!];
    f.set(sum, fused(level, y, x, sum));
  };
  return (aOffset, bOffset) => {
    const loadA = (i: number) => f.set(as[i % as.length]!, v128.load32_splat('f32x4', a, (aOffsets[i] ?? 0) + aOffset));
    const loadLanes = (i: number, j: number) =>
      f.set(as[j]!, v128.load('f32x4', a, (aOffsets[i] ?? 0) + aOffset + 16 * j));
    const loadB = (j: number) => f.set(bs[j % bs.length]!, v128.load('f32x4', b, 16 * j + bOffset));
    if (perLane) {
      const each = Array.from({ length: vectors }, (_, j) => j);
      for (const j of each) loadB(j);
      for (let i = 0; i < rows; i++) {
        for (const j of each) loadLanes(i, j);
        for (const j of each) accumulate(i, j);
      }
      return;
    }
    if (holdsB) {
      for (let j = 0; j < vectors; j++) loadB(j);
      for (let i = 0; i < rows; i++) {
        loadA(i);
        for (let j = 0; j < vectors; j++) accumulate(i, j);
      }
      return;
    }
    for (let i = 0; i < rows; i++) loadA(i);
    for (let j = 0; j < vectors; j += 2) {
      const pair = j + 1 < vectors ? [j, j + 1] : [j];
      for (const p of pair) loadB(p);
      for (let i = 0; i < rows; i++) for (const p of pair) accumulate(i, p);
    }
  };
}

/**
 * sums[i][j] = a[i][j] · b[j] + sums[i][j] for every k of a loop: an element of A that several rows read, each at a k of its own,
 * is loaded once. Elements come in the order of memory, so every row meets its k in their order.
 */
function multiplyAddSliding(
  f: FunctionBuilder,
  { aOffsets, level }: RegisterTileSpec,
  sums: readonly (readonly Local<'f32x4'>[])[],
  a: Expr<'i32'>,
  b: Expr<'i32'>,
): (loop: Loop, aOffset: number, bOffset: number) => void {
  const vectors = Array.from({ length: sums[0]?.length ?? 0 }, (_, j) => j);
  const element = vectors.map(() => f.local('f32x4'));
  return ({ count = 0, aStep, bStep }, aOffset, bOffset) => {
    const weights = Array.from({ length: count }, (_, k) =>
      vectors.map((j) => f.let(v128.load('f32x4', b, bOffset + k * bStep + 16 * j))),
    );
    const places = new Set(aOffsets.flatMap((offset) => weights.map((_, k) => offset + k * aStep)));
    for (const place of [...places].sort((x, y) => x - y)) {
      for (const j of vectors) f.set(element[j]!, v128.load('f32x4', a, aOffset + place + 16 * j));
      sums.forEach((row, i) => {
        const weight = weights[(place - (aOffsets[i] ?? 0)) / aStep];
        if (weight) for (const j of vectors) f.set(row[j]!, fused(level, weight[j]!, element[j]!, row[j]!));
      });
    }
  };
}

/** The blocks that a run of `length` rows is cut into: how many of which height, one after the other. */
export interface BlockRun {
  readonly height: number;
  readonly count: number;
}

export function blockRuns(length: number, most: number): BlockRun[] {
  const blocks = Math.ceil(length / most);
  const [height, taller] = [Math.floor(length / blocks), length % blocks];
  return [
    { height: height + 1, count: taller },
    { height, count: blocks - taller },
  ].filter(({ count }) => count > 0);
}

/** Calls `body` once for each run, as the inside of a loop over its blocks where it has several. */
export function eachBlockOf(f: FunctionBuilder, runs: readonly BlockRun[], body: (height: number) => void): void {
  for (const { height, count } of runs) {
    if (count === 1) body(height);
    else repeat(f, f.local('i32', count), () => body(height));
  }
}
