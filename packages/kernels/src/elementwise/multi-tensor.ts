// One kernel for several elementwise kernels with the same program, such as the updates of all parameters of a model: the
// elements of all members lie one after the other in one space of positions, and small members share a tile. Each element is
// computed as it would be alone. The address list names the members, and the kernel looks up which member a position belongs to: so
// the code depends neither on which tensors they are nor on how many.

import {
  type Address,
  type AddressType,
  address,
  addressType,
  type Expr,
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
} from '@treadle/wasm';
import { smaller } from '../core/arithmetic.ts';
import { bytesMoved } from '../core/bytes-moved.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import { bytesOf } from '../core/format.ts';
import {
  type Kernel,
  type KernelFunc,
  kernelFunc,
  type Location,
  type MultiTensor,
  type Operand,
  type Word,
} from '../core/kernel.ts';
import { slotsOf } from '../core/kernel-frame.ts';
import type { StoredProgram } from '../core/lane-expression.ts';
import { partition, tileElements } from '../core/tile-partition.ts';
import { elementsOf, emitNest, type Nest } from './fused-loop.ts';

/** Members and tiles begin at multiples of this many positions: so no other tile writes elements of the same vector. */
const memberAlignment = 16;

/**
 * What it takes to join the program with others: every load is one contiguous run or one repeated element, every store one
 * run. undefined for other loops, and for a program without a key.
 */
export function multiTensorOf(program: StoredProgram, { rows, columns }: Nest): MultiTensor | undefined {
  const { key, shape, stores } = program;
  if (key === undefined || rows.length > 0 || columns === 0) return undefined;
  const loads = program.loads.map(({ operand }) => operand);
  const strides = [...loads, ...stores].map(strideOf);
  if (strides.includes(undefined) || strides.slice(loads.length).includes(0)) return undefined;
  const operands = [...loads, ...stores];
  const locations = operands.map(
    ({ slot, view, narrow }): Location => ({ slot, byteOffset: bytesOf(narrow) * view.offset }),
  );
  const types = program.loads.map(({ type }) => type);
  const formats = operands.map(({ narrow }) => narrow?.name ?? '');
  return { key: `${key} ${types} ${formats} ${strides}`, program, length: sizeOf(shape), locations };
}

/** 1 for a contiguous view, 0 for one repeated element; undefined for any other view. */
function strideOf({ view: { shape, strides } }: Operand): 0 | 1 | undefined {
  if (strides.every((stride) => stride === 0)) return 0;
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    if (strides[d] !== stride) return undefined;
    stride *= shape[d] ?? 1;
  }
  return 1;
}

/** Byte offsets in the address list: the number of members, positions of a tile, positions in all; then a record for each member. */
const header = { members: 0, tile: address.bytes, total: 2 * address.bytes };
const headerWords = 3;
/** Byte offsets in a member's record: the position of its first element, its length, the position behind it; then its locations. */
const record = { start: 0, length: address.bytes, end: 2 * address.bytes, locations: 3 * address.bytes };
const recordWords = 3;

/** One kernel for members with equal keys. No member may read or write what another one writes. */
export function joinMultiTensor(members: readonly [MultiTensor, ...MultiTensor[]]): Kernel {
  const [{ key, program }] = members;
  const words: Word[] = [];
  let total = 0;
  for (const { length, locations } of members) {
    const end = total + memberAlignment * Math.ceil(length / memberAlignment);
    words.push(total, length, end, ...locations);
    total = end;
  }
  const elements = members.reduce((sum, { length }) => sum + length, 0);
  const { tiles, tileColumns } = partition(1, total, tileElements(program.cost));
  const operands = (which: 'loads' | 'stores'): Operand[] => members.flatMap((member) => operandsOf(member, which));
  const [loads, stores] = [operands('loads'), operands('stores')];
  const flops = elements * (program.flops ?? 0);
  return {
    name: `${program.name.replace(/ [^ ]*$/, '')} ${members.length} × ${elements}`,
    tiles,
    cost: elements * program.cost,
    scratch: 0,
    reads: slotsOf(loads),
    writes: slotsOf(stores),
    work: { kind: 'lanes', ops: program.ops ?? [], shape: [elements], flops, ...bytesMoved(loads, stores) },
    addressList: [members.length, tileColumns, total, ...words],
    codeKey: `multi-tensor ${key}`,
    emit: (module) => emitMembers(module, program),
  };
}

/** The loads or stores of a member, where they lie. */
function operandsOf({ program, locations }: MultiTensor, which: 'loads' | 'stores'): Operand[] {
  const first = which === 'loads' ? 0 : program.loads.length;
  const operands = which === 'loads' ? program.loads.map(({ operand }) => operand) : program.stores;
  return operands.map(({ view, narrow }, i) => {
    const { slot, byteOffset } = locations[first + i]!;
    return { slot, view: { ...view, offset: byteOffset / bytesOf(narrow) }, narrow };
  });
}

/** Walks the positions of a tile, member by member. */
function emitMembers(module: ModuleBuilder, program: StoredProgram): KernelFunc {
  const run = rowFunc(module, program);
  const count = program.loads.length + program.stores.length;
  const recordBytes = address.bytes * (recordWords + count);
  return kernelFunc(module, program.name, (f, addressList, _, tile) => {
    const size = f.let(i32.load(addressList, header.tile));
    const position = f.local('i32', i32.mul(tile, size));
    const total = f.let(i32.load(addressList, header.total));
    const to = f.let(smaller(i32.add(position, size), total));
    const member = findMember(f, addressList, position, recordBytes);
    f.loop((again) => {
      const start = f.let(i32.load(member, record.start));
      const end = smaller(i32.sub(to, start), f.let(i32.load(member, record.length)));
      const locations = Array.from({ length: count }, (_, i) =>
        address.load(member, record.locations + address.bytes * i),
      );
      f.do(f.call(run, ...locations, i32.sub(position, start), end));
      f.set(position, i32.load(member, record.end));
      f.increment(member, recordBytes);
      f.brIf(again, i32.lt_s(position, to));
    });
  });
}

/** The address of the record of the member that a position belongs to, by binary search: the first that ends behind it. */
function findMember(
  f: FunctionBuilder,
  addressList: Address,
  position: Expr<'i32'>,
  recordBytes: number,
): Local<AddressType> {
  const records = f.let(address.add(addressList, address.bytes * headerWords));
  const recordAt = (member: Expr<'i32'>): Address => address.add(records, address.times(member, recordBytes));
  const [low, high] = [f.local('i32', 0), f.local('i32', i32.sub(i32.load(addressList, header.members), 1))];
  f.while(i32.lt_s(low, high), () => {
    const middle = f.let(i32.shr_u(i32.add(low, high), 1));
    f.if(
      i32.le_s(i32.load(recordAt(middle), record.end), position),
      () => f.set(low, i32.add(middle, 1)),
      () => f.set(high, middle),
    );
  });
  return f.let(recordAt(low));
}

/** (address of each operand, first column, end) */
type RowFunc = Func<readonly [...AddressType[], 'i32', 'i32'], 'void'>;

function rowFunc(module: ModuleBuilder, { name, body, loads, stores }: StoredProgram): RowFunc {
  const operands = [...loads.map(({ operand }) => operand), ...stores];
  const strides = [...operands.map((operand) => [strideOf(operand) ?? 1]), [1]];
  const nest: Nest = { ...elementsOf({ body, loads, stores }), rows: [], columns: memberAlignment, strides };
  const params = [...operands.map(() => addressType), 'i32', 'i32'] as const;
  return module.func(
    name,
    params,
    'void',
    (f, ...given) => {
      const bases = given.filter((local): local is Local<AddressType> => local.index < operands.length);
      const [col0, col1] = given.filter((local): local is Local<'i32'> => local.index >= operands.length);
      if (!col0 || !col1) throw new Error('internal: a row has two ends');
      emitNest(f, nest, bases, { row0: i32.const(0), row1: i32.const(1), col0, col1 }, false);
    },
    { exported: false },
  );
}
