// From loops over a range to a kernel: the frame that every kernel here has.

import type { Expr, FunctionBuilder, ModuleBuilder } from '@treadle/wasm';
import { type BytesMoved, bytesMoved } from './bytes-moved.ts';
import type { Kernel, KernelFunc, Operand, Present, Slot, Work } from './kernel.ts';
import { locate, onlyPresent, type Partition, type Range } from './tile-partition.ts';

export interface Tiled {
  readonly name: string;
  readonly parts: Partition;
  readonly cost: number;
  /** the bytes are those of loads and stores, where nothing else is said */
  readonly work: Omit<Work, keyof BytesMoved> & Partial<BytesMoved>;
  readonly scratch?: number;
  readonly loads: readonly Operand[];
  readonly stores: readonly Operand[];
  /** where the rows × columns that are cut go along the leading axis in order */
  readonly present?: Present | undefined;
  /** the code of one tile */
  emit(f: FunctionBuilder, table: Expr<'i32'>, range: Range, scratch: Expr<'i32'>, module: ModuleBuilder): void;
}

export function kernelOverTiles({ name, parts, cost, work, scratch = 0, loads, stores, present, emit }: Tiled): Kernel {
  return {
    name,
    tiles: parts.tiles,
    cost,
    scratch,
    reads: slotsOf(loads),
    writes: slotsOf(stores),
    work: { ...bytesMoved(loads, stores), ...work },
    emit: (module: ModuleBuilder): KernelFunc =>
      module.func(
        name,
        ['i32', 'i32', 'i32'],
        'void',
        (f, table, scratch, tile) => {
          const range = locate(f, parts, tile);
          emit(f, table, present ? onlyPresent(f, parts, table, range, present) : range, scratch, module);
        },
        { exported: false },
      ),
  };
}

export function slotsOf(operands: readonly Operand[]): Slot[] {
  return [...new Set(operands.map(({ slot }) => slot))];
}
