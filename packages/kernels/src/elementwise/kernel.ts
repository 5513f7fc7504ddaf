// Elementwise work as a kernel: a fused program over every element of its shape. Tiles are rows × columns of the shape with
// neighbouring dimensions collapsed, which is often one long row. Chooses between the plain loops and those for transposed loads.

import { AddressList, operandKey, withAddresses } from '../core/address-list.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import type { Kernel } from '../core/kernel.ts';
import { kernelOverTiles } from '../core/kernel-frame.ts';
import type { StoredProgram } from '../core/lane-expression.ts';
import { operandAddress } from '../core/operand.ts';
import { partitionInShares, tileElements } from '../core/tile-partition.ts';
import { emitNest, nestOf } from './fused-loop.ts';
import { multiTensorOf } from './multi-tensor.ts';
import { bandsOf, blockedNest, emitBlocked, emitMove, scratchOf } from './transpose.ts';

/** Every element of `shape`: loads, body, stores. The code of a program with a key depends on key, views, formats and cost alone. */
export function lanes(program: StoredProgram): Kernel {
  const { key, cost, present } = program;
  if (key === undefined) return lanesOverSlots(program);
  const addressList = new AddressList();
  const loads = program.loads.map(({ operand, type }) => ({ operand: addressList.operand(operand), type }));
  const stores = program.stores.map((operand) => addressList.operand(operand));
  const own = present && { ...present, slot: addressList.at(present.slot) };
  const read = loads.map(({ operand, type }) => `${type} ${operandKey(operand)}`);
  const codeKey = `lanes ${key} ${cost} ${read} → ${stores.map(operandKey)} ${own ? `${own.slot} of ${own.of}` : ''}`;
  return withAddresses(lanesOverSlots({ ...program, loads, stores, present: own }), addressList.locations, codeKey);
}

function lanesOverSlots(program: StoredProgram): Kernel {
  const { name, shape, stores, cost, present, ops = [], flops = 0 } = program;
  const loads = program.loads.map(({ operand }) => operand);
  const nest = nestOf(program);
  const blocks = blockedNest(nest);
  const elements = tileElements(cost);
  const multiTensor = multiTensorOf(program, nest);
  const kernel = kernelOverTiles({
    name,
    parts: blocks ? bandsOf(blocks, elements) : partitionInShares(sizeOf(nest.rows), nest.columns, elements),
    cost: sizeOf(shape) * cost,
    work: { kind: 'lanes', ops, shape, flops: sizeOf(shape) * flops },
    scratch: blocks ? scratchOf(blocks) : 0,
    loads,
    stores,
    present: blocks ? undefined : present,
    emit: (f, table, range, scratch) => {
      const bases = [...loads, ...stores].map((operand) => operandAddress(f, table, operand));
      if (blocks?.pieces) emitMove(f, blocks, bases, range);
      else if (blocks) emitBlocked(f, blocks, bases, range, scratch);
      else emitNest(f, nest, bases, range, true);
    },
  });
  return multiTensor ? { ...kernel, multiTensor } : kernel;
}
