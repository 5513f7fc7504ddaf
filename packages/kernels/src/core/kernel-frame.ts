// From loops over a range to a kernel: the frame that most kernels have. The kernel says how rows × columns are cut into tiles and
// emits the code of one tile; the frame adds where the tile lies and what the kernel reads, writes and moves.

import type { Address, FunctionBuilder, ModuleBuilder } from '@treadle/wasm';
import { type BytesMoved, bytesMoved } from './bytes-moved.ts';
import { type Kernel, kernelFunc, type Work } from './kernel.ts';
import type { Operand, Present, Slot } from './operand.ts';
import { locate, onlyPresent, type Partition, type Range } from './tile-partition.ts';

/** A kernel whose tiles are parts of rows × columns. */
export interface Tiled {
  readonly name: string;
  readonly parts: Partition;
  readonly cost: number;
  /** the bytes are by default those of all elements of loads and stores */
  readonly work: Omit<Work, keyof BytesMoved> & Partial<BytesMoved>;
  readonly scratch?: number;
  readonly loads: readonly Operand[];
  readonly stores: readonly Operand[];
  /** the valid rows, where the rows × columns that are cut follow the leading axis in order */
  readonly present?: Present | undefined;
  /** Emits the code of one tile; `table` is the kernel's address list. */
  emit(f: FunctionBuilder, table: Address, range: Range, scratch: Address, module: ModuleBuilder): void;
}

/** The kernel of a `Tiled`; tiles outside the valid rows do nothing. */
export function kernelOverTiles({ name, parts, cost, work, scratch = 0, loads, stores, present, emit }: Tiled): Kernel {
  return {
    name,
    tiles: parts.tiles,
    cost,
    scratch,
    reads: slotsOf(loads),
    writes: slotsOf(stores),
    work: { ...bytesMoved(loads, stores), ...work },
    emit: (module) =>
      kernelFunc(module, name, (f, table, scratch, tile) => {
        const range = locate(f, parts, tile);
        emit(f, table, present ? onlyPresent(f, parts, table, range, present) : range, scratch, module);
      }),
  };
}

/** The slots of the operands, each once. */
export function slotsOf(operands: readonly Operand[]): Slot[] {
  return [...new Set(operands.map(({ slot }) => slot))];
}
