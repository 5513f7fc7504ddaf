// Programs whose results tell which tiles ran, and when: each tile counts itself and computes a value from all values of the phase
// before it. And programs whose tiles wait for each other, so that it is certain that several threads are inside.

import { memory, type Program, webAssembly } from '@treadle/runtime';
import { type Expr, type FunctionBuilder, i32, ModuleBuilder, memory as sharedMemory } from '@treadle/wasm';
import { emitMain } from '../../packages/compiler/dist/code/emit-main.js';
import { phaseTable } from '../../packages/compiler/dist/plan/phase-table.js';

type Phases = readonly (readonly number[])[];
type EmitTile = (f: FunctionBuilder, table: Expr<'i32'>, scratch: Expr<'i32'>, tile: Expr<'i32'>) => void;

const scratchBytes = 100;
const importedMemory = { module: 'env', name: 'memory', initial: 1, maximum: 65_536, shared: true } as const;

export function newModule(): ModuleBuilder {
  return new ModuleBuilder({ memory: importedMemory, table: { module: 'env', name: 'kernels' } });
}

/** The entry of these programs. */
const entry = ((): Uint8Array<ArrayBuffer> => {
  const m = newModule();
  emitMain(m);
  return m.encode();
})();

/** What programs of other kinds are made with. */
export const encodedWith = { entry, memory: importedMemory } as const;

/** A program as bytes: its entry, a module that exports its kernels, `kernel0` and so on, and the words of the phase table. */
export interface Encoded {
  readonly entry: Uint8Array<ArrayBuffer>;
  readonly kernels: Uint8Array<ArrayBuffer>;
  readonly kernelCount: number;
  readonly head: readonly number[];
}

/** A program; `emit` writes each of its kernels. The address list of every kernel lies behind the phase table. */
function encode(phases: Phases, emit: (kernel: number, phase: number) => EmitTile): Encoded {
  const m = new ModuleBuilder({ memory: importedMemory });
  let kernelCount = 0;
  const tabled = phases.map((phase, p) =>
    phase.map((tiles) => {
      const func = kernelCount++;
      m.func(`kernel${func}`, ['i32', 'i32', 'i32'], 'void', emit(func, p));
      return { func, tiles, addressList: 0 };
    }),
  );
  return { entry, kernels: m.encode(), kernelCount, head: phaseTable(tabled).words };
}

const heads = new WeakMap<Program, readonly number[]>();
let modules = -1;

/** The modules of these programs have numbers of their own. */
export function programOf({ entry, kernels: bytes, kernelCount, head }: Encoded): Program {
  const names = Array.from({ length: kernelCount }, (_, i) => `work ${i}`);
  const kernels = { id: modules--, module: new webAssembly.Module(bytes) };
  const functions = names.map((_, i) => ({ kernels, name: `kernel${i}` }));
  const program = { module: { entry: new webAssembly.Module(entry), functions }, kernelCount, names, scratchBytes };
  heads.set(program, head);
  return program;
}

// The table of a counting program: word 0 is the seed, then a count for each tile, then a value for each tile, and at the
// end a word for those who meet.

export interface Counting {
  readonly encoded: Encoded;
  readonly program: Program;
  readonly phases: Phases;
  readonly tiles: number;
  readonly words: number;
}

/**
 * Each tile adds 1 to its count; its value becomes seed + index + Σ values of the phase before (mod 2³²), some time later.
 * With `meet`, a phase of two tiles that wait for each other goes before: two threads are inside when the rest begins.
 */
export function counting(phases: Phases, { meet = false }: { meet?: boolean } = {}): Counting {
  const flat = phases.flat();
  const tiles = flat.reduce((sum, n) => sum + n, 0);
  const phaseBegin = [0];
  for (const phase of phases) phaseBegin.push((phaseBegin.at(-1) ?? 0) + phase.reduce((sum, n) => sum + n, 0));
  const count = (kernel: number, p: number): EmitTile => {
    return (f, table, scratch, tile) => {
      const begin = flat.slice(0, kernel).reduce((sum, n) => sum + n, 0);
      const index = f.let(i32.add(tile, begin));
      const at = f.let(i32.add(table, i32.mul(index, 4)));
      f.do(i32['atomic.rmw.add'](at, 1, 4));
      f.do(i32.store(scratch, index)); // another thread with the same scratch would change it below
      const sum = f.local('i32', i32.add(i32.load(table), index));
      const other = f.local('i32', p > 0 ? (phaseBegin[p - 1] ?? 0) : 0);
      f.while(i32.lt_s(other, p > 0 ? (phaseBegin[p] ?? 0) : 0), () => {
        f.set(sum, i32.add(sum, i32.load(i32.add(table, i32.mul(other, 4)), 4 + 4 * tiles)));
        f.increment(other, 1);
      });
      // Up to 1024 rounds, about as many microseconds as a thread needs to get ahead.
      const rounds = f.local('i32', i32.shr_u(i32.mul(i32.add(index, 1), 0x9e37_79b9 | 0), 22));
      f.while(rounds, () => f.increment(rounds, -1));
      f.do(i32.store(at, i32.sub(i32.add(sum, i32.load(scratch)), index), 4 + 4 * tiles));
    };
  };
  const meetHere: EmitTile = (f, table) => {
    const offset = 4 + 8 * tiles;
    f.do(i32['atomic.rmw.add'](table, 1, offset));
    f.while(i32.and(i32['atomic.load'](table, offset), 1), () => {});
  };
  const encoded = meet
    ? encode([[2], ...phases], (kernel, p) => (kernel === 0 ? meetHere : count(kernel - 1, p - 1)))
    : encode(phases, count);
  return { encoded, program: programOf(encoded), phases, tiles, words: 2 + 2 * tiles };
}

/** The values of a counting program, in plain TypeScript. */
export function valuesOf(phases: Phases, seed: number): readonly number[] {
  const values: number[] = [];
  let before = 0;
  for (const phase of phases) {
    const begin = values.length;
    for (let n = phase.reduce((sum, tiles) => sum + tiles, 0); n > 0; n--) {
      values.push((seed + values.length + before) | 0);
    }
    const sum = values.slice(begin).reduce((a, b) => (a + b) | 0, 0);
    if (values.length > begin) before = sum;
    else before = 0;
  }
  return values;
}

/** A table of the program, behind which `words` words are 0 and can be viewed; it is freed when `use` is done. */
export async function withTable<T>(
  program: Program,
  words: number,
  use: (byteOffset: number, view: () => Int32Array) => T,
  head: readonly number[] = heads.get(program) ?? [],
): Promise<Awaited<T>> {
  const block = memory.allocate(4 * (head.length + words));
  const begin = block.byteOffset / 4 + head.length;
  memory.i32.set(head, block.byteOffset / 4);
  const view = () => memory.i32.subarray(begin, begin + words);
  view().fill(0);
  try {
    return await use(block.byteOffset, view);
  } finally {
    memory.free(block);
  }
}

export type Role = 'caller' | 'worker';

/**
 * Step 1, of two tiles, which wait for each other: so two threads are inside. The one of `role` (of a blocking run; thread 0
 * has the lowest scratch) then does what `behave` emits, given the address of word 2 of the table.
 */
export function meeting(role: Role, behave: (f: FunctionBuilder, word: Expr<'i32'>) => void): Program {
  const nothing: EmitTile = () => {};
  const meet: EmitTile = (f, table, scratch, tile) => {
    const mine = f.let(i32.add(table, i32.mul(tile, 4)));
    const theirs = f.let(i32.add(table, i32.mul(i32.sub(1, tile), 4)));
    f.do(i32['atomic.store'](mine, scratch));
    f.while(i32.eqz(i32['atomic.load'](theirs)), () => {});
    const [low, high] = role === 'worker' ? [theirs, mine] : [mine, theirs];
    f.if(i32.lt_u(i32.load(low), i32.load(high)), () => behave(f, f.let(i32.add(table, 8))));
  };
  return programOf(encode([[1], [2], [1]], (kernel) => (kernel === 1 ? meet : nothing)));
}

/** Bytes from one thread's scratch to the next one's, in these programs. */
export const scratchStride = 128;

/**
 * `tiles` tiles that all wait for each other: each thread runs one. Word 0 of the table counts them and must be 0 before; tile i
 * writes the address of its thread's scratch to word 1 + i.
 */
export function gathering(tiles: number): Program {
  const gather: EmitTile = (f, table, scratch, tile) => {
    f.do(i32.store(i32.add(table, i32.mul(tile, 4)), scratch, 4));
    f.do(i32['atomic.rmw.add'](table, 1));
    const seen = f.local('i32', i32['atomic.load'](table));
    f.while(i32.lt_s(seen, tiles), () => {
      f.do(sharedMemory['atomic.wait32'](table, seen, 100_000n)); // or 0.1 ms: the core may be needed by another of the threads
      f.set(seen, i32['atomic.load'](table));
    });
  };
  return programOf(encode([[tiles]], () => gather));
}

/** A tile that traps when word 0 of the table is not 0. */
export function fragile(): Program {
  return programOf(encode([[1]], () => (f, table) => f.if(i32.load(table), () => f.unreachable())));
}

/** Two tiles that each spin for `rounds` rounds. */
export function spinning(rounds: number): Program {
  const spin: EmitTile = (f) => {
    const left = f.local('i32', rounds);
    f.while(left, () => f.increment(left, -1));
  };
  return programOf(encode([[2]], () => spin));
}
