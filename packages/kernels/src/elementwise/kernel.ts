// Elementwise work as a kernel: a fused lane program over every element of its shape. Tiles are rows × columns of what is
// left of the shape once neighbouring dimensions are joined; mostly that is one long row.

import { sizeOf } from '../core/collapse-dims.ts';
import type { Kernel } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import type { StoredProgram } from '../core/lane-expression.ts';
import { operandAddress } from '../core/operand.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { operandKey, overWindow, Window } from '../core/window.ts';
import { emitNest, nestOf } from './fused-loop.ts';
import { alikeOf } from './multi-tensor.ts';
import { bandsOf, emitMoved, emitTurned, scratchOf, turned } from './transpose.ts';

/** Every element of `shape`: loads, body, stores. With a key, its code depends on nothing else but shapes, strides and cost. */
export function lanes(program: StoredProgram): Kernel {
  const { key, cost, present } = program;
  if (key === undefined) return lanesInPlace(program);
  const window = new Window();
  const loads = program.loads.map(({ operand, type }) => ({ operand: window.operand(operand), type }));
  const stores = program.stores.map((operand) => window.operand(operand));
  const own = present && { ...present, slot: window.at(present.slot) };
  const read = loads.map(({ operand, type }) => `${type} ${operandKey(operand)}`);
  const codeKey = `lanes ${key} ${cost} ${read} → ${stores.map(operandKey)} ${own ? `${own.slot} of ${own.of}` : ''}`;
  return overWindow(lanesInPlace({ ...program, loads, stores, present: own }), window.locations, codeKey);
}

function lanesInPlace(program: StoredProgram): Kernel {
  const { name, shape, stores, cost, present, ops = [], flops = 0 } = program;
  const loads = program.loads.map(({ operand }) => operand);
  const nest = nestOf(program);
  const blocks = turned(nest);
  const elements = tileElements(cost);
  const alike = alikeOf(program, nest);
  const kernel = kernelOverTiles({
    name,
    parts: blocks ? bandsOf(blocks, elements) : partition(sizeOf(nest.rows), nest.columns, elements),
    cost: sizeOf(shape) * cost,
    work: { kind: 'lanes', ops, shape, flops: sizeOf(shape) * flops },
    scratch: blocks ? scratchOf(blocks) : 0,
    loads,
    stores,
    present: blocks ? undefined : present,
    emit: (f, table, range, scratch) => {
      const bases = [...loads, ...stores].map((operand) => operandAddress(f, table, operand));
      if (blocks?.pieces) emitMoved(f, blocks, bases, range);
      else if (blocks) emitTurned(f, blocks, bases, range, scratch);
      else emitNest(f, nest, bases, range, true);
    },
  });
  return alike ? { ...kernel, alike } : kernel;
}
