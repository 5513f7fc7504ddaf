// Cumulative sums along the middle axis of [outer, n, inner]: one chain of additions for every column, from the first element on, so
// the order depends on nothing else. Lanes are neighbouring columns.

import {
  type Address,
  address,
  type Expr,
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  i32x4,
  reinterpret,
} from '@treadle/wasm';
import type { Lane } from '../core/format.ts';
import type { Kernel, Operand } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import { eachColumn } from '../core/loops/columns.ts';
import { countLoop } from '../core/loops/count.ts';
import { type Cursor, eachRow } from '../core/loops/rows.ts';
import { operandAddress } from '../core/operand.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { constantLane, readEight, readFour, writeEight, writeFour } from '../elementwise/vector-io.ts';

/** What is summed. */
export interface Scan {
  readonly name: string;
  readonly type: Lane;
  /** [outer, n, inner] */
  readonly source: Operand;
  /** the same shape */
  readonly store: Operand;
}

/** store[o, k, i] = source[o, 0, i] + … + source[o, k, i] */
export function runningSum({ name, type, source, store }: Scan): Kernel {
  const [outer = 1, n = 1, inner = 1] = source.view.shape;
  const elementCost = inner === 1 ? 1.5 : 0.5;
  return kernelOverTiles({
    name,
    parts: partition(n === 0 ? 0 : outer, inner, Math.max(1, Math.floor(tileElements(elementCost) / Math.max(1, n)))),
    cost: outer * n * inner * elementCost,
    work: { kind: 'scan', ops: ['cumsum'], shape: [outer, n, inner], flops: type === 'f32x4' ? outer * n * inner : 0 },
    loads: [source],
    stores: [store],
    emit: (f, table, { row0, row1, col0, col1 }) => {
      const [from, to] = [source, store].map(({ view }) => view.strides);
      const cursors: Cursor[] = [
        { base: operandAddress(f, table, source), strides: [4 * (from?.[0] ?? 0)] },
        { base: operandAddress(f, table, store), strides: [4 * (to?.[0] ?? 0)] },
      ];
      const walk = { n, from: 4 * (from?.[1] ?? 0), to: 4 * (to?.[1] ?? 0) };
      const [fromColumn, toColumn] = [from?.[2] ?? 0, to?.[2] ?? 0];
      eachRow(f, { shape: [outer], from: row0, to: row1 }, cursors, ([reads, writes]) => {
        if (!reads || !writes) throw new Error('internal: cumsum: a source and a store');
        if (inner === 1) {
          sumOne(f, type, walk, reads, writes);
          return;
        }
        const sum = (a: Expr<Lane>, b: Expr<Lane>): Expr<Lane> => addLanes(type, a, b);
        eachColumn(
          f,
          { col0, col1, columns: inner, isAligned: true },
          {
            eight: (x) => {
              const [low, high] = [0, 1].map(() => f.local(type, constantLane(type, 0)));
              if (!low || !high) throw new Error('internal: cumsum: two sums');
              along(f, walk, reads, writes, (read, write) => {
                const [a, b] = readEight(f, type, read, fromColumn, x);
                f.set(low, sum(low, a));
                f.set(high, sum(high, b));
                writeEight(f, write, toColumn, x, [low, high]);
              });
            },
            four: (x, count) => {
              const total = f.local(type, constantLane(type, 0));
              along(f, walk, reads, writes, (read, write) => {
                f.set(total, sum(total, readFour(f, type, read, fromColumn, x, count)));
                writeFour(f, write, toColumn, x, total, count);
              });
            },
          },
        );
      });
    },
  });
}

/** A column: n elements, and the bytes from one to the next where they are read and written. */
interface Walk {
  readonly n: number;
  readonly from: number;
  readonly to: number;
}

function along(
  f: FunctionBuilder,
  { n, from, to }: Walk,
  reads: Address,
  writes: Address,
  body: (read: Address, write: Address) => void,
): void {
  countLoop(f, i32.const(0), i32.const(n), 1, (k) => {
    body(f.let(address.add(reads, address.times(k, from))), f.let(address.add(writes, address.times(k, to))));
  });
}

/** A column without neighbours, in scalars. */
function sumOne(f: FunctionBuilder, type: Lane, walk: Walk, reads: Address, writes: Address): void {
  if (type === 'f32x4') {
    const total = f.local('f32', 0);
    along(f, walk, reads, writes, (read, write) => {
      f.set(total, f32.add(total, f32.load(read)));
      f.do(f32.store(write, total));
    });
    return;
  }
  const total = f.local('i32', 0);
  along(f, walk, reads, writes, (read, write) => {
    f.increment(total, i32.load(read));
    f.do(i32.store(write, total));
  });
}

function addLanes(type: Lane, a: Expr<Lane>, b: Expr<Lane>): Expr<Lane> {
  return type === 'f32x4'
    ? f32x4.add(reinterpret('f32x4', a), reinterpret('f32x4', b))
    : i32x4.add(reinterpret('i32x4', a), reinterpret('i32x4', b));
}
