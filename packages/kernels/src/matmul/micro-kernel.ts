// The innermost loop of the product: rows × columns of C stay in registers while k runs, c += a[:, k] · b[k, :].
// Every element is one chain of multiply-adds in the order of k, whatever the shape of the micro-kernel, so its bits do not tell
// which micro-kernel computed it. Knows distances in memory; knows nothing of blocks, tiles or threads.
// Vectors come in pairs at neighbouring addresses, which V8 can join into operations on 256 bits.

import {
  type Address,
  type AddressType,
  addressType,
  type Expr,
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '@treadle/wasm';
import { plus } from '../core/arithmetic.ts';
import type { Level } from '../core/kernel.ts';
import { highFirst, storeLanes } from '../core/store-lanes.ts';
import { grid, multiplyAdd, type Sums } from './multiply-add.ts';

/** Distances are in bytes, at least 0. */
export interface MicroKernelSpec {
  /** blocks of `rows` rows of A, 1 by default; their rows follow each other in C */
  readonly blocks?: number;
  /** from a block to the next in A */
  readonly blockStride?: number;
  readonly rows: number;
  /** columns of C that are written; loads of B and C continue up to `computedColumns` */
  readonly columns: number;
  /** from a row of A to the next */
  readonly aRow: number;
  /** from one k to the next in A */
  readonly aStride: number;
  /** from one k to the next in B, whose columns are neighbours in memory */
  readonly bStride: number;
  /** from a row of C to the next */
  readonly cRow: number;
  readonly level: Level;
}

const params = [addressType, addressType, addressType, 'i32', 'i32', addressType] as const;

/**
 * (a, b, c, k, continues, spill): k ≥ 1; the chains start from C if `continues`, otherwise from +0; `spill` is scratch for
 * rows × computedColumns floats.
 */
export type MicroKernel = Func<[AddressType, AddressType, AddressType, 'i32', 'i32', AddressType], 'void'>;

/** The parameters of a micro-kernel, in its body. */
type Build = (
  f: FunctionBuilder<'void'>,
  a: Local<AddressType>,
  b: Local<AddressType>,
  c: Local<AddressType>,
  k: Local<'i32'>,
  continues: Local<'i32'>,
  spill: Local<AddressType>,
) => void;

/** The micro-kernel that `key` stands for; a module emits it once. */
export function microKernelFunc(module: ModuleBuilder, key: string, build: Build): MicroKernel {
  return module.once(key, () => module.func(key, params, 'void', build, { exported: false }));
}

/** Columns that are computed where `columns` are wanted: whole vectors, and at 256 bits pairs of them. */
export function computedColumns(columns: number, level: Level): number {
  const unit = level.bits === 256 && columns > 4 ? 8 : 4;
  return Math.ceil(columns / unit) * unit;
}

/** The micro-kernel of a spec; a module emits it once. */
export function microKernel(module: ModuleBuilder, spec: MicroKernelSpec): MicroKernel {
  const key = `matmul micro-kernel ${JSON.stringify(spec)}`;
  return microKernelFunc(module, key, (f, a, b, c, k, continues, spill) => {
    const { aStride, bStride, level } = spec;
    const sums = startSums(f, spec, c, continues);
    // Measured: V8 gains from four steps a round where it joins vectors, and loses registers where it does not.
    const unrolled = level.bits === 256 ? 4 : 1;
    const rows = rowsOfA(f, spec, a);
    const step = multiplyAdd<number>(
      f,
      level,
      sums,
      (i, u) => v128.load32_splat('f32x4', rows[i]!.base, rows[i]!.byteOffset + u * aStride),
      (j, u) => v128.load('f32x4', b, 16 * j + u * bStride),
    );
    const rounds = (steps: number) => {
      f.loop((again) => {
        for (let u = 0; u < steps; u++) step(u);
        for (const { pointer } of rows) if (pointer) f.increment(pointer, steps * aStride);
        f.increment(b, steps * bStride);
        f.set(k, i32.sub(k, steps));
        f.brIf(again, i32.ge_s(k, steps));
      });
    };
    if (unrolled > 1) f.if(i32.ge_s(k, unrolled), () => rounds(unrolled));
    f.if(k, () => rounds(1));
    writeBack(f, spec, sums, c, spill);
  });
}

/** Where the sums of a kernel go. */
interface Target extends Pick<MicroKernelSpec, 'blocks' | 'rows' | 'columns' | 'cRow' | 'level'> {
  /** from a column of C to the next, 4 bytes by default */
  readonly cColumn?: number;
}

/** The sums of every row, in vectors: C if `continues`, otherwise +0; always +0 where the columns of C are not neighbours. */
export function startSums(f: FunctionBuilder, spec: Target, c: Address, continues: Expr<'i32'>): Sums {
  const sums = grid(rowCount(spec), computedColumns(spec.columns, spec.level) / 4, () => f.local('f32x4'));
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

interface Row {
  readonly base: Address;
  readonly byteOffset: number;
  /** what moves with k; rows that are read from one base share one */
  readonly pointer: Local<AddressType> | undefined;
}

/**
 * Rows that lie far apart have a pointer each. Measured at 256 bits: 128 GFLOP/s where offsets from one pointer give 117, because
 * V8 adds an offset by an instruction of its own, which is long where the offset is large (V8.md).
 */
function rowsOfA(f: FunctionBuilder, spec: MicroKernelSpec, a: Local<AddressType>): Row[] {
  const { rows, blockStride = 0, aRow, level } = spec;
  const isApart = level.bits === 256 && aRow >= 128 && rowCount(spec) <= 6;
  return Array.from({ length: rowCount(spec) }, (_, i): Row => {
    if (i === 0) return { base: a, byteOffset: 0, pointer: a };
    const byteOffset = Math.floor(i / rows) * blockStride + (i % rows) * aRow;
    if (!isApart) return { base: a, byteOffset, pointer: undefined };
    const pointer = f.let(plus(a, byteOffset));
    return { base: pointer, byteOffset: 0, pointer };
  });
}

function rowCount({ blocks = 1, rows }: Pick<MicroKernelSpec, 'blocks' | 'rows'>): number {
  return blocks * rows;
}

/** Stores the sums in C, and nothing beyond `columns`. Where V8 joins pairs, a pair that is stored in part goes through `spill`. */
export function writeBack(
  f: FunctionBuilder,
  { columns, cRow, cColumn = 4, level }: Pick<Target, 'columns' | 'cRow' | 'cColumn' | 'level'>,
  sums: Sums,
  c: Address,
  spill: Address,
): void {
  const spills = level.bits === 256 && columns > 4 && (columns % 8 !== 0 || cColumn !== 4);
  const storeAt = (i: number, j: number, vector: Local<'f32x4'>): void => {
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
  const lanes = f.local('f32x4');
  sums.forEach((row, i) => {
    for (let j = 0; 4 * j < columns; j++) {
      f.set(lanes, v128.load('f32x4', spill, 16 * (i * row.length + j)));
      storeAt(i, j, lanes);
    }
  });
}
