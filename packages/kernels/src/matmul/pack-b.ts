// The kernel that packs the panels of B once for all tiles of a product. A tile is a part of the panels × a part of k, in the order of
// B in memory.

import { type Address, type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { smaller, times } from '../core/arithmetic.ts';
import { bytesMoved } from '../core/bytes-moved.ts';
import { type Kernel, type KernelFunc, kernelFunc, type Level, type Operand, type Slot } from '../core/kernel.ts';
import { addressAt, unflatten } from '../core/loops/rows.ts';
import { baseAddress, operandAddress } from '../core/operand.ts';
import { evenPart } from '../core/partition-evenly.ts';
import { mostTiles } from '../core/tile-size.ts';
import {
  byWidth,
  matrixBytes,
  packedPanel,
  packedPanelsLength,
  packedStride,
  panelBytes,
  panelWidths,
} from './b-panels.ts';
import { distinct } from './batch.ts';
import { type Blocking, rowsAtOnce } from './blocking.ts';
import type { Geometry } from './geometry.ts';
import { packPanel } from './pack.ts';

/** elements that a tile packs: about 5 µs */
const packedElements = 16_384;

/** What is packed, and how it is cut into tiles. */
interface PackB {
  readonly name: string;
  readonly b: Operand;
  readonly to: Slot;
  readonly geometry: Geometry;
  readonly blocking: Blocking;
  readonly level: Level;
  /** k are packed in runs of `rows` */
  readonly rows: number;
  readonly runs: number;
  readonly runParts: number;
  readonly panelParts: number;
}

/** Packs all panels of B into `to`. */
export function packB(b: Operand, to: Slot, geometry: Geometry, blocking: Blocking, level: Level): Kernel {
  const { k, n, bColumn, bStride, batchShape, bBatch } = geometry;
  const { nr, kc, panels } = blocking;
  const length = packedPanelsLength(geometry, blocking);
  const wanted = Math.min(mostTiles, Math.ceil(length / packedElements));
  // Rows of B that lie far apart are copied a few at a time across many panels, so that few pages are open at once; kc is a
  // multiple of `rowsAtOnce`, or all of k.
  const rows = bColumn === 4 ? Math.min(k, rowsAtOnce) : kc;
  const runs = Math.ceil(k / rows);
  const runParts = Math.min(runs, wanted);
  const panelParts = Math.min(distinct(batchShape, bBatch).count * panels, Math.ceil(wanted / runParts));
  const name = `matmul pack ${k}×${n}`;
  const pack: PackB = { name, b, to, geometry, blocking, level, rows, runs, runParts, panelParts };
  return {
    name,
    codeKey: `${name} ${JSON.stringify([b.slot, to, batchShape, bBatch, bColumn, bStride, nr, kc, panels, level])}`,
    tiles: runParts * panelParts,
    cost: 0.3 * length,
    scratch: 0,
    reads: [b.slot],
    writes: [to],
    work: { kind: 'pack', ops: [], shape: [k, n], flops: 0, ...bytesMoved([b], []), bytesWritten: 4 * length },
    emit: (module) => emitPackB(module, pack),
  };
}

function emitPackB(module: ModuleBuilder, pack: PackB): KernelFunc {
  const { name, b, to, geometry, blocking, rows, runs, runParts, panelParts } = pack;
  const { k, batchShape, bBatch } = geometry;
  const { kc, panels } = blocking;
  return kernelFunc(module, name, (f, table, _scratch, tile) => {
    const [base, packed] = [operandAddress(f, table, b), f.let(baseAddress(table, to))];
    const [runPart = tile, panelPart = tile] = unflatten(f, tile, [runParts, panelParts]);
    const run = evenPart(f, runs, runParts, runPart);
    const part = evenPart(f, distinct(batchShape, bBatch).count * panels, panelParts, panelPart);
    const at = f.let(run.start);
    f.forSteps(at, run.end, 1, () => {
      const p = f.let(times(at, rows));
      const depth = f.let(smaller(i32.const(rows), i32.sub(k, p)));
      const inBlock = f.let(i32.rem_u(p, kc));
      const block = f.let(packedPanel(packed, blocking, i32.const(0), i32.sub(p, inBlock)));
      const index = f.let(part.start);
      f.forSteps(index, part.end, 1, () => packOne(f, module, pack, base, { p, depth, inBlock, block, index }));
    });
  });
}

/** A panel at some k. */
interface Run {
  /** the first k, and how many */
  readonly p: Expr<'i32'>;
  readonly depth: Expr<'i32'>;
  /** the first k, counted from the beginning of its block */
  readonly inBlock: Expr<'i32'>;
  /** the packed panels of the block */
  readonly block: Address;
  /** the number of the panel, counted through all matrices */
  readonly index: Expr<'i32'>;
}

function packOne(f: FunctionBuilder, module: ModuleBuilder, pack: PackB, base: Address, run: Run): void {
  const { geometry, blocking, level } = pack;
  const { bColumn, bStride } = geometry;
  const { nr, panels } = blocking;
  const { p, depth, inBlock, block, index } = run;
  const matrices = distinct(geometry.batchShape, geometry.bBatch);
  const indices = unflatten(f, index, [...matrices.shape, panels]);
  const from = addressAt(base, [...indices, p], [...matrices.strides, nr * bColumn, bStride]);
  const [matrix = index, panel = index] = unflatten(f, index, [matrices.count, panels]);
  byWidth(f, panelWidths(geometry, blocking), panels, panel, (lanes) => {
    const toStride = packedStride(lanes, level);
    const func = packPanel(module, { lanes, across: bColumn, stride: bStride, toStride });
    const distances = [matrixBytes(geometry, blocking), panelBytes(blocking), toStride];
    f.do(f.call(func, from, addressAt(block, [matrix, panel, inBlock], distances), depth));
  });
}
