// A row fusion as a kernel: a tile is a block of rows, and all passes over a row run while the row is in a near cache. A value that
// only later passes read is kept in scratch and never reaches memory.

import { type Address, address, type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { plus, smaller, times } from '../core/arithmetic.ts';
import { denseStrides, sizeOf } from '../core/collapse-dims.ts';
import { type Divided, dividedAmong } from '../core/equal-parts.ts';
import { bytesOf } from '../core/format.ts';
import type { Kernel, Operand, Present, Slot } from '../core/kernel.ts';
import { kernelOverTiles, type Tiled } from '../core/kernel-frame.ts';
import { countLoop } from '../core/loops/count.ts';
import { unflatten } from '../core/loops/rows.ts';
import { operandAddress, scalarOperand } from '../core/operand.ts';
import { onlyPresent, type Partition, partition, type Range, tileElements } from '../core/tile-partition.ts';
import { linearAddress } from '../reduce/gather-axes.ts';
import { emitPass } from './pass.ts';
import { type Pass, passesOf, type RowFusion, type RowStage } from './program.ts';
import { type FusedRow, type RowContext, spareBytes } from './walk.ts';

/** Rows that are reduced side by side, so that no addition waits for the one before. */
const together = 4;
/** The longest rows that stay in a near cache together. */
const longestTogether = 4096;

/**
 * All stages, for every row. A load may overlap a store only where both are at the same element, and the same stage reads the one
 * and writes the other.
 */
export function rowKernel(program: RowFusion): Kernel {
  const { name, rows, columns, stages, present } = program;
  const height = sizeOf(rows);
  const cost = stages.reduce((sum, stage) => sum + (stage.per === 'element' ? stage.cost : stage.cost / columns), 0);
  const parts = partition(height, 1, evenRows(rows, Math.max(together, tileElements(cost) / columns)));
  const passes = passesOf(program);
  const sideBySide = passes.passes.map((pass) => canGoTogether(pass, columns, parts));
  const block = sideBySide.includes(true) ? together : 1;
  const reductions = Math.max(0, ...passes.passes.map(({ walk }) => walk.filter(({ combine }) => combine).length));
  const [pitch, spare] = [passes.scratch, spareBytes(reductions, columns)];
  const loads = stages.flatMap((stage) => stage.loads.flatMap((load) => ('value' in load ? [] : [load.operand])));
  const stores = stages.flatMap(({ results }) =>
    results.flatMap(({ slot, narrow }) => (slot === undefined ? [] : [{ ...scalarOperand(slot), narrow }])),
  );
  const isDivided = parts.tiles > 0 && height % parts.tileRows === 0;
  const kernel = kernelOverTiles({
    name,
    parts,
    cost: height * columns * cost,
    work: workOf(program, height),
    scratch: block * (pitch + spare),
    loads,
    stores,
    emit: (f, table, range, scratch) => {
      const { row0, row1 } = presentBlocks(f, table, parts, range, block, present);
      const context = contextOf(f, table, program, passes, [...loads, ...stores]);
      const rowAt = (first: Expr<'i32'>, r: Expr<'i32'>): FusedRow => ({
        row: f.let(i32.add(first, r)),
        scratch: f.let(address.add(scratch, address.times(r, pitch))),
        spare: f.let(plus(address.add(scratch, address.times(r, spare)), block * pitch)),
      });
      countLoop(f, row0, row1, block, (row) => {
        // The last block is whole as well: rows that it shares with the block before are computed twice, with the same result.
        const first = block === 1 ? row : f.let(smaller(row, plus(row1, -block)));
        passes.passes.forEach((pass, p) => {
          if (block === 1) emitPass(f, context, pass, [rowAt(first, i32.const(0))]);
          else if (sideBySide[p]) {
            const fused = Array.from({ length: block }, (_, r) => rowAt(first, i32.const(r)));
            emitPass(f, context, pass, fused);
          } else countLoop(f, i32.const(0), i32.const(block), 1, (r) => emitPass(f, context, pass, [rowAt(first, r)]));
        });
      });
    },
  });
  return isDivided ? { ...kernel, inParts: partsOf(program) } : kernel;
}

/** The buffers that the rows divide among themselves. */
function partsOf({ rows, columns, stages }: RowFusion): ReadonlyMap<Slot, number> {
  const loads = stages.flatMap((stage) =>
    stage.loads.flatMap((load): Divided[] => ('value' in load ? [] : [[load.operand, rows.length]])),
  );
  const stores = stages.flatMap(({ per, combine, results }) => {
    const shape = per === 'row' || combine ? rows : [...rows, columns];
    const view = { shape, strides: denseStrides(shape), offset: 0 };
    return results.flatMap(({ slot, narrow }): Divided[] =>
      slot === undefined ? [] : [[{ slot, view, narrow }, rows.length]],
    );
  });
  return dividedAmong([...loads, ...stores]);
}

/** The rows of a tile: `wanted`, or down to a quarter of it where that makes tiles end where leading dimensions do. */
function evenRows(rows: readonly number[], wanted: number): number {
  let even = 1;
  for (const extent of rows.toReversed()) {
    let part = Math.min(extent, Math.floor(wanted / even));
    while (part > 1 && extent % part !== 0) part--;
    even *= Math.max(1, part);
    if (part < extent) break;
  }
  return 4 * even >= wanted ? even : wanted;
}

/** The valid rows of a tile, rounded up to whole blocks within the tile: no row of another tile is touched. */
function presentBlocks(
  f: FunctionBuilder,
  table: Address,
  parts: Partition,
  range: Range,
  block: number,
  present: Present | undefined,
): Pick<Range, 'row0' | 'row1'> {
  if (!present) return range;
  const { row0 } = range;
  const { row1 } = onlyPresent(f, parts, table, range, present);
  if (block === 1) return { row0, row1 };
  const blocks = i32.div_s(plus(i32.sub(row1, row0), block - 1), i32.const(block));
  return { row0, row1: f.let(smaller(range.row1, i32.add(row0, times(blocks, block)))) };
}

/** The work; values that stay in scratch do not count as written. */
function workOf({ rows, columns, ops, stages }: RowFusion, height: number): Tiled['work'] {
  const evaluations = ({ per }: RowStage): number => (per === 'element' ? height * columns : height);
  const elements = (stage: RowStage): number => (stage.combine ? height : evaluations(stage));
  const written = ({ results }: RowStage): number =>
    results.reduce((sum, { slot, narrow }) => sum + (slot === undefined ? 0 : bytesOf(narrow)), 0);
  return {
    kind: 'rows',
    ops,
    shape: [...rows, columns],
    flops: stages.reduce((sum, stage) => sum + evaluations(stage) * stage.flops, 0),
    bytesWritten: stages.reduce((sum, stage) => sum + elements(stage) * written(stage), 0),
  };
}

/** Whether a pass is so cheap that its float reductions wait for each other, and every tile has enough rows. */
function canGoTogether({ walk }: Pass, columns: number, { rows, tileRows, tiles }: Partition): boolean {
  const cost = walk.reduce((sum, stage) => sum + stage.cost, 0);
  const lastRows = rows - (tiles - 1) * tileRows;
  const waits = cost <= 0.6 && walk.some(({ combine }) => combine?.type === 'f32x4');
  return waits && columns >= 64 && columns <= longestTogether && Math.min(tileRows, lastRows) >= together;
}

function contextOf(
  f: FunctionBuilder,
  table: Address,
  program: RowFusion,
  passes: RowContext['passes'],
  operands: readonly Operand[],
): RowContext {
  const { rows } = program;
  const bases = new Map<string, Address>();
  const keyOf = ({ slot, view }: Operand): string => `${slot} ${view.offset}`;
  for (const operand of operands) {
    if (!bases.has(keyOf(operand))) bases.set(keyOf(operand), operandAddress(f, table, operand));
  }
  return {
    program,
    passes,
    rowOf: ({ operand }, row) => {
      const base = bases.get(keyOf(operand))!;
      const strides = operand.view.strides.slice(0, rows.length);
      const dense = denseStrides(rows);
      const last = strides.at(-1) ?? 0;
      const bytes = bytesOf(operand.narrow);
      if (strides.every((stride, d) => stride === last * dense[d]!))
        return address.add(base, address.times(row, bytes * last));
      const indices = unflatten(f, row, rows);
      return linearAddress(base, indices, strides, bytes);
    },
    denseRowOf: ({ slot, narrow }, row, size) =>
      address.add(bases.get(`${slot} 0`)!, address.times(row, bytesOf(narrow) * size)),
  };
}
