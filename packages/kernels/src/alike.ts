// One kernel in place of several that run the same elementwise program over operands of their own, such as the updates of all
// parameters of a model: their elements lie one after the other in one space of tiles, small ones share a tile, and the code
// is there once. An element is computed as it would be alone. Which operands a position belongs to is found by comparisons.

import { type Expr, type Func, type FunctionBuilder, i32, type ModuleBuilder } from '@treadle/wasm';
import { sizeOf } from './collapse.ts';
import type { Alike, Kernel, Operand } from './kernel.ts';
import { address, plus, smaller } from './lane.ts';
import { emitNest, type Nest, type StoredProgram } from './lane-program.ts';
import { partition, tileElements } from './partition.ts';
import { tiled } from './tiled.ts';

/** Members begin at multiples of this, and so do tiles: whole rounds, and stores that no other member's tile touches. */
const round = 16;

/**
 * What the program can be joined by: every load one run of elements or one repeated element, every store one run. undefined
 * where the loops are of another kind, or the program has no key.
 */
export function alikeOf(program: StoredProgram, { rows, columns }: Nest): Alike | undefined {
  const { key, shape, stores } = program;
  if (key === undefined || rows.length > 0 || columns === 0) return undefined;
  const loads = program.loads.map(({ operand }) => operand);
  const strides = [...loads, ...stores].map(strideOf);
  if (strides.includes(undefined) || strides.slice(loads.length).includes(0)) return undefined;
  return { key: `${key} ${strides}`, program, length: sizeOf(shape) };
}

/** 1 for elements that lie together, 0 for one that repeats; undefined for any other view. */
function strideOf({ view: { shape, strides } }: Operand): 0 | 1 | undefined {
  if (strides.every((stride) => stride === 0)) return 0;
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    if (strides[d] !== step) return undefined;
    step *= shape[d] ?? 1;
  }
  return 1;
}

interface Member extends Alike {
  /** position of its first element, and of what comes after it */
  readonly start: number;
  readonly end: number;
  readonly operands: readonly Operand[];
}

/** One kernel for some with equal keys, none of which touches what another writes. Kernels of a module share their code by key. */
export function joinAlike(alike: readonly [Alike, ...Alike[]]): Kernel {
  const [{ program }] = alike;
  const members = placeMembers(alike);
  const total = members.at(-1)?.end ?? 0;
  const elements = alike.reduce((sum, { length }) => sum + length, 0);
  const pick = (which: 'loads' | 'stores'): Operand[] =>
    alike.flatMap(({ program: { loads, stores } }) =>
      which === 'loads' ? loads.map(({ operand }) => operand) : stores,
    );
  return tiled({
    name: `${program.name.replace(/ [^ ]*$/, '')} ${members.length} × ${elements}`,
    parts: partition(1, total, tileElements(program.cost)),
    cost: elements * program.cost,
    work: { kind: 'lanes', ops: program.ops ?? [], shape: [elements], flops: elements * (program.flops ?? 0) },
    loads: pick('loads'),
    stores: pick('stores'),
    emit: (f, table, { col0, col1 }, _, module) =>
      emitMembers(f, table, members, col0, col1, rowFunc(module, alike[0])),
  });
}

function placeMembers(alike: readonly Alike[]): readonly Member[] {
  let start = 0;
  return alike.map((one) => {
    const { loads, stores } = one.program;
    const operands = [...loads.map(({ operand }) => operand), ...stores];
    const end = start + round * Math.ceil(one.length / round);
    const member = { ...one, start, end, operands };
    start = end;
    return member;
  });
}

/** Positions [from, to), member by member. */
function emitMembers(
  f: FunctionBuilder,
  table: Expr<'i32'>,
  members: readonly Member[],
  from: Expr<'i32'>,
  to: Expr<'i32'>,
  run: RowFunc,
): void {
  const operands = members[0]?.operands ?? [];
  // What all members read is found once; the rest is set for each of them.
  const own = operands.map(({ slot, view }, v) =>
    members.every(({ operands }) => operands[v]?.slot === slot && operands[v].view.offset === view.offset)
      ? undefined
      : f.local('i32'),
  );
  const bases = operands.map((operand, v) => own[v] ?? address(f, table, operand));
  const [start, length, next] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const position = f.local('i32', from);
  const enter = (member: Member): void => {
    f.set(start, member.start);
    f.set(length, member.length);
    f.set(next, member.end);
    member.operands.forEach(({ slot, view }, v) => {
      const local = own[v];
      if (local) f.set(local, plus(i32.load(table, 4 * slot), 4 * view.offset));
    });
  };
  f.loop((again) => {
    choose(f, position, members, enter);
    const col0 = f.let(i32.sub(position, start));
    const end = f.let(i32.sub(to, start));
    f.do(f.call(run, ...bases, col0, smaller(end, length)));
    f.set(position, next);
    f.brIf(again, i32.lt_s(position, to));
  });
}

/** Enters the member that a position belongs to. */
function choose(
  f: FunctionBuilder,
  position: Expr<'i32'>,
  members: readonly Member[],
  enter: (member: Member) => void,
): void {
  const half = members.length >> 1;
  const [first, middle] = [members[0], members[half]];
  if (!first || !middle) return;
  if (half === 0) {
    enter(first);
    return;
  }
  f.if(
    i32.lt_s(position, middle.start),
    () => choose(f, position, members.slice(0, half), enter),
    () => choose(f, position, members.slice(half), enter),
  );
}

/** (base address of each operand, first column, end) */
type RowFunc = Func<readonly 'i32'[], 'void'>;

/** The loops of each key in each module. */
const emitted = new WeakMap<ModuleBuilder, Map<string, RowFunc>>();

function rowFunc(module: ModuleBuilder, { key, program }: Alike): RowFunc {
  const known = emitted.get(module) ?? new Map<string, RowFunc>();
  emitted.set(module, known);
  const before = known.get(key);
  if (before) return before;
  const { name, body, loads, stores } = program;
  const operands = [...loads.map(({ operand }) => operand), ...stores];
  const strides = [...operands.map((operand) => [strideOf(operand) ?? 1]), [1]];
  const nest: Nest = { body, types: loads.map(({ type }) => type), rows: [], columns: round, strides };
  const params = new Array<'i32'>(operands.length + 2).fill('i32');
  const func = module.func(
    name,
    params,
    'void',
    (f, ...given) => {
      const [col0, col1] = given.slice(operands.length);
      if (!col0 || !col1) throw new Error('internal: a row has two ends');
      emitNest(f, nest, given.slice(0, operands.length), { row0: i32.const(0), row1: i32.const(1), col0, col1 }, false);
    },
    { exported: false },
  );
  known.set(key, func);
  return func;
}
