// The innermost loop of the product: rows × columns of C stay in registers while k runs, c += a[:, k] · b[k, :].
// Every element is one chain of multiply-adds in the order of k, the same whatever the shape of the micro-kernel, so
// which micro-kernel computed an element cannot be told from its bits. Knows distances, not blocks, tiles or threads.
// Vectors come in pairs at neighbouring addresses, which V8 can join into operations on 256 bits.

import {
  type Expr,
  type Func,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '@treadle/wasm';
import type { Level } from '../core/kernel.ts';
import { highFirst, storeLanes } from './store-lanes.ts';

/** Distances are in bytes, at least 0. */
export interface MicroKernelSpec {
  /** blocks of `rows` rows of A, `blockStep` from one to the next; their rows lie together in C */
  readonly blocks?: number;
  readonly blockStep?: number;
  readonly rows: number;
  /** columns of C that are written; loads of B and C run on to `computedColumns` */
  readonly columns: number;
  /** from a row of A to the next */
  readonly aRow: number;
  /** from one k to the next in A */
  readonly aStep: number;
  /** from one k to the next in B, whose columns lie together */
  readonly bStep: number;
  readonly cRow: number;
  readonly level: Level;
}

/**
 * (a, b, c, k, continues, spill): byte addresses; k ≥ 1; the chains start from C if `continues`, otherwise from +0;
 * `spill` is scratch for rows × computedColumns floats.
 */
export type MicroKernel = Func<['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void'>;

type Lanes = Local<'f32x4'>;

function localVector(f: FunctionBuilder): Lanes {
  return f.local('f32x4');
}

/** Columns that are computed where `columns` are wanted: whole vectors, and at 256 bits pairs of them. */
export function computedColumns(columns: number, level: Level): number {
  const unit = level.bits === 256 && columns > 4 ? 8 : 4;
  return Math.ceil(columns / unit) * unit;
}

export function microKernel(module: ModuleBuilder, spec: MicroKernelSpec): MicroKernel {
  const key = `matmul micro-kernel ${JSON.stringify(spec)}`;
  return module.once(key, () =>
    module.func(
      key,
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
      'void',
      (f, a, b, c, k, continues, spill) => {
        const sums = startSums(f, spec, c, continues);
        // Measured: V8 gains from four steps a round where it joins vectors, and loses registers where it does not.
        const unrolled = spec.level.bits === 256 ? 4 : 1;
        const rows = rowsOfA(f, spec, a);
        const step = multiplyAdd(f, spec, sums, rows, b);
        const rounds = (steps: number) => {
          f.loop((again) => {
            for (let u = 0; u < steps; u++) step(u);
            for (const { pointer } of rows) if (pointer) f.increment(pointer, steps * spec.aStep);
            f.increment(b, steps * spec.bStep);
            f.set(k, i32.sub(k, steps));
            f.brIf(again, i32.ge_s(k, steps));
          });
        };
        if (unrolled > 1) f.if(i32.ge_s(k, unrolled), () => rounds(unrolled));
        f.if(k, () => rounds(1));
        writeBack(f, spec, sums, c, spill);
      },
      { exported: false },
    ),
  );
}

/** Where the sums of a kernel go; from a column of C to the next are four bytes by default. */
interface Target extends Pick<MicroKernelSpec, 'blocks' | 'rows' | 'columns' | 'cRow' | 'level'> {
  readonly cColumn?: number;
}

/** The sums of every row, in vectors: what C holds if `continues`, otherwise +0, as always where its columns lie apart. */
export function startSums(f: FunctionBuilder, spec: Target, c: Expr<'i32'>, continues: Expr<'i32'>): Lanes[][] {
  const sums = grid(rowCount(spec), computedColumns(spec.columns, spec.level) / 4, () => localVector(f));
  if ((spec.cColumn ?? 4) !== 4) return sums;
  f.if(continues, () => {
    sums.forEach((row, i) => {
      row.forEach((sum, j) => {
        f.set(sum, v128.load('f32x4', c, i * spec.cRow + 16 * j));
      });
    });
  });
  return sums;
}

/** y · x + sum, rounded once where the level allows it */
export function fused({ fma }: Level, y: Expr<'f32x4'>, x: Expr<'f32x4'>, sum: Expr<'f32x4'>): Expr<'f32x4'> {
  return fma ? f32x4.relaxed_madd(y, x, sum) : f32x4.add(sum, f32x4.mul(y, x));
}

export function grid<T>(rows: number, columns: number, make: () => T): T[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, make));
}

interface Row {
  readonly base: Local<'i32'>;
  readonly byteOffset: number;
  /** what moves with k; rows that lie together share one */
  readonly pointer: Local<'i32'> | undefined;
}

/**
 * Rows that lie apart have a pointer each. Measured at 256 bits: 128 GFLOP/s where offsets from one pointer give 117, because
 * V8 adds an offset by an instruction of its own, which is long where the offset is large (V8.md).
 */
function rowsOfA(f: FunctionBuilder, spec: MicroKernelSpec, a: Local<'i32'>): Row[] {
  const { rows, blockStep = 0, aRow, level } = spec;
  const isApart = level.bits === 256 && aRow >= 128 && rowCount(spec) <= 6;
  return Array.from({ length: rowCount(spec) }, (_, i): Row => {
    if (i === 0) return { base: a, byteOffset: 0, pointer: a };
    const byteOffset = Math.floor(i / rows) * blockStep + (i % rows) * aRow;
    if (!isApart) return { base: a, byteOffset, pointer: undefined };
    const pointer = f.let(i32.add(a, byteOffset));
    return { base: pointer, byteOffset: 0, pointer };
  });
}

function rowCount({ blocks = 1, rows }: Pick<MicroKernelSpec, 'blocks' | 'rows'>): number {
  return blocks * rows;
}

/** sums[i][j] = a[i] · b[j] + sums[i][j], rounded once where the level allows it. The shorter side is held in registers. */
function multiplyAdd(
  f: FunctionBuilder,
  { aStep, bStep, level }: MicroKernelSpec,
  sums: readonly (readonly Lanes[])[],
  rowsA: readonly Row[],
  b: Expr<'i32'>,
): (u: number) => void {
  const [rows, vectors] = [sums.length, sums[0]?.length ?? 0];
  const holdsB = rows > vectors / 2;
  const bs = Array.from({ length: holdsB ? vectors : 2 }, () => localVector(f));
  const as = Array.from({ length: holdsB ? 1 : rows }, () => localVector(f));
  const loadA = (i: number, u: number) => {
    const { base, byteOffset } = rowsA[i]!;
    f.set(as[i % as.length]!, v128.load32_splat('f32x4', base, byteOffset + u * aStep));
  };
  const loadB = (j: number, u: number) => f.set(bs[j % bs.length]!, v128.load('f32x4', b, 16 * j + u * bStep));
  const accumulate = (i: number, j: number) => {
    const [sum, x, y] = [sums[i]![j]!, as[i % as.length]!, bs[j % bs.length]!];
    f.set(sum, fused(level, y, x, sum));
  };
  return (u) => {
    if (holdsB) {
      for (let j = 0; j < vectors; j++) loadB(j, u);
      for (let i = 0; i < rows; i++) {
        loadA(i, u);
        for (let j = 0; j < vectors; j++) accumulate(i, j);
      }
      return;
    }
    for (let i = 0; i < rows; i++) loadA(i, u);
    for (let j = 0; j < vectors; j += 2) {
      const pair = j + 1 < vectors ? [j, j + 1] : [j];
      for (const p of pair) loadB(p, u);
      for (let i = 0; i < rows; i++) for (const p of pair) accumulate(i, p);
    }
  };
}

/** Columns beyond `columns` are never stored in C. Where V8 joins pairs, a pair that C cuts goes through `spill`. */
export function writeBack(
  f: FunctionBuilder,
  { columns, cRow, cColumn = 4, level }: Pick<Target, 'columns' | 'cRow' | 'cColumn' | 'level'>,
  sums: readonly (readonly Lanes[])[],
  c: Expr<'i32'>,
  spill: Expr<'i32'>,
): void {
  const spills = level.bits === 256 && columns > 4 && (columns % 8 !== 0 || cColumn !== 4);
  const storeAt = (i: number, j: number, vector: Lanes): void => {
    if (cColumn === 4) {
      storeLanes(f, c, i * cRow + 16 * j, vector, columns - 4 * j);
      return;
    }
    for (let lane = 0; lane < Math.min(4, columns - 4 * j); lane++) {
      f.do(v128.store32_lane(lane, c, vector, i * cRow + (4 * j + lane) * cColumn));
    }
  };
  sums.forEach((row, i) => {
    for (const j of highFirst(row.length)) {
      if (spills) f.do(v128.store(spill, row[j]!, 16 * (i * row.length + j)));
      else storeAt(i, j, row[j]!);
    }
  });
  if (!spills) return;
  const lanes = localVector(f);
  sums.forEach((row, i) => {
    for (let j = 0; 4 * j < columns; j++) {
      f.set(lanes, v128.load('f32x4', spill, 16 * (i * row.length + j)));
      storeAt(i, j, lanes);
    }
  });
}
