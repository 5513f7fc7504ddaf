// Elementwise work on a part of an output that somebody else has just written and that is still in cache: the same loops
// as `lanes`, over rows and columns that are known at run time.

import { type Expr, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { sizeOf } from './collapse.ts';
import type { Epilogue, Region } from './kernel.ts';
import { address, times } from './lane.ts';
import { emitNest, nestOf, type StoredProgram } from './lane-program.ts';

/** `shape` has two dimensions or more; the region lies in the last two. */
export function region(program: StoredProgram): Epilogue {
  const { name, shape, stores, cost, ops = [], flops = 0 } = program;
  if (shape.length < 2) throw new Error(`internal: a region needs two dimensions; got [${shape}]`);
  const loads = program.loads.map(({ operand }) => operand);
  const nest = nestOf(program, 2);
  const height = shape.at(-2) ?? 1;
  return {
    loads,
    stores,
    cost: sizeOf(shape) * cost,
    ops,
    flops: sizeOf(shape) * flops,
    emit: (module: ModuleBuilder) => {
      const types = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
      const func = module.func(
        name,
        types,
        'void',
        (f, table, row0, row1, col0, col1) => {
          f.if(i32.lt_s(row0, row1), () => {
            const bases = [...loads, ...stores].map((operand) => address(f, table, operand));
            emitNest(f, nest, bases, { row0, row1, col0, col1 }, false);
          });
        },
        { exported: false },
      );
      return (f: FunctionBuilder, table: Expr<'i32'>, { outer, row0, row1, col0, col1 }: Region): void => {
        const top = f.let(times(outer, height));
        f.do(f.call(func, table, i32.add(top, row0), i32.add(top, row1), col0, col1));
      };
    },
  };
}
