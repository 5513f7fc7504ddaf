// Elementwise work as a kernel: a fused lane program over every element of its shape. Tiles are rows × columns of what is
// left of the shape once neighbouring dimensions are joined; mostly that is one long row.

import { sizeOf } from './collapse.ts';
import type { Kernel } from './kernel.ts';
import { address } from './lane.ts';
import { emitNest, nestOf, type StoredProgram } from './lane-program.ts';
import { partition, tileElements } from './partition.ts';
import { tiled } from './tiled.ts';

/** Every element of `shape`: loads, body, stores. */
export function lanes(program: StoredProgram): Kernel {
  const { name, shape, stores, cost } = program;
  const loads = program.loads.map(({ operand }) => operand);
  const nest = nestOf(program);
  return tiled({
    name,
    parts: partition(sizeOf(nest.rows), nest.columns, tileElements(cost)),
    cost: sizeOf(shape) * cost,
    loads,
    stores,
    emit: (f, table, range) => {
      const bases = [...loads, ...stores].map((operand) => address(f, table, operand));
      emitNest(f, nest, bases, range, true);
    },
  });
}
