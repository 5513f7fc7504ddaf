// An epilogue: elementwise work on a part of an output that a kernel has just written and that is still in a cache. The loops are
// those of elementwise kernels, over rows and columns that are known at run time.

import { type Address, addressType, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { times } from '../core/arithmetic.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import type { Epilogue, Region } from '../core/kernel.ts';
import type { StoredProgram } from '../core/lane-expression.ts';
import { operandAddress } from '../core/operand.ts';
import type { Range } from '../core/tile-partition.ts';
import { emitNest, nestOf } from './fused-loop.ts';

/** The program as an epilogue. Its shape has two dimensions or more; a region lies in the last two. */
export function region(program: StoredProgram): Epilogue {
  const { name, shape, stores, cost, ops = [], flops = 0 } = program;
  if (shape.length < 2) throw new Error(`internal: a region needs two dimensions; got [${shape}]`);
  const loads = program.loads.map(({ operand }) => operand);
  const height = shape.at(-2) ?? 1;
  return {
    loads,
    stores,
    cost: sizeOf(shape) * cost,
    ops,
    flops: sizeOf(shape) * flops,
    emit: (module: ModuleBuilder, wholeRows = false) => {
      const types = [addressType, 'i32', 'i32', 'i32', 'i32'] as const;
      const emitRange = wholeRows ? wholeRange(program) : anyRange(program);
      const func = module.func(
        name,
        types,
        'void',
        (f, table, row0, row1, col0, col1) => {
          f.if(i32.lt_s(row0, row1), () => {
            const bases = [...loads, ...stores].map((operand) => operandAddress(f, table, operand));
            emitRange(f, bases, { row0, row1, col0, col1 });
          });
        },
        { exported: false },
      );
      return (f: FunctionBuilder, table: Address, { outer, row0, row1, col0, col1 }: Region): void => {
        const top = f.let(times(outer, height));
        f.do(f.call(func, table, i32.add(top, row0), i32.add(top, row1), col0, col1));
      };
    },
  };
}

type EmitRange = (f: FunctionBuilder, bases: readonly Address[], range: Range) => void;

function anyRange(program: StoredProgram): EmitRange {
  const nest = nestOf(program, 2);
  return (f, bases, range) => emitNest(f, nest, bases, range, false);
}

/** Rows with all of their columns: neighbouring rows may be joined to one run, and the end of a row is known. */
function wholeRange(program: StoredProgram): EmitRange {
  const columns = program.shape.at(-1) ?? 1;
  const collapsed = nestOf(program);
  if (collapsed.rows.length === 0) {
    const isAligned = columns % 8 === 0;
    return (f, bases, { row0, row1 }) => {
      const [col0, col1] = [f.let(times(row0, columns)), f.let(times(row1, columns))];
      emitNest(f, collapsed, bases, { row0: i32.const(0), row1: i32.const(1), col0, col1 }, isAligned);
    };
  }
  const nest = collapsed.columns === columns ? collapsed : nestOf(program, 2);
  return (f, bases, { row0, row1 }) => {
    emitNest(f, nest, bases, { row0, row1, col0: i32.const(0), col1: i32.const(columns) }, true);
  };
}
