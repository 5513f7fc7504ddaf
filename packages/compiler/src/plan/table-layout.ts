// The table over which a plan's program runs: the phase table, then the address lists of its kernels. An address list is what a
// kernel is given. The address of a slot is written into the address lists when it is known: once, or for each run that binds another one.
// The address lists of kernels in loops lie in each thread's own memory, where each iteration writes them from the address list of the loop.

import type { Kernel, Location, Slot, Word } from '@treadle/kernels';
import { memory } from '@treadle/runtime';
import { isLoop, type KernelLoop, type KernelOrLoop, type Phase } from '../schedule/phase.ts';
import { type PhaseTable, phaseTable, type TabledKernel, type TabledLoop, type TabledPhases } from './phase-table.ts';

/** The words of a table, with 0 for each address. */
export interface TableLayout extends PhaseTable {
  /** by slot: pairs of a word that holds an address, and the bytes by which this address exceeds the slot's */
  readonly uses: ReadonlyMap<Slot, readonly number[]>;
  /** bytes that the address lists of loops take in each thread's own memory */
  readonly threadBytes: number;
}

/** Lays out the table. `funcOf` gives the position of a kernel's code in the program's table of functions. */
export function layOutTable(
  phases: readonly Phase[],
  funcOf: (kernel: Kernel) => number,
  isWatched: boolean,
): TableLayout {
  const addressLists = new AddressLists();
  const thread = { bytes: 0 };
  const tabled = tablePhases(phases, addressLists, funcOf, thread);
  const { words: phaseWords, iterationWords } = phaseTable(tabled, { isWatched, threadBytes: thread.bytes });
  const words = [...phaseWords];
  const uses = new Map<Slot, number[]>();
  for (const word of addressLists.words) {
    if (typeof word !== 'number') {
      const known = uses.get(word.slot);
      if (known) known.push(words.length, word.byteOffset);
      else uses.set(word.slot, [words.length, word.byteOffset]);
    }
    words.push(typeof word === 'number' ? word : 0);
  }
  return { words, iterationWords, uses, threadBytes: thread.bytes };
}

/** Address lists one after the other. Kernels may share an address list: the same object is added once. */
class AddressLists {
  readonly words: Word[] = [];
  readonly #begins = new Map<readonly Word[], number>();

  /** The byte offset of an address list. */
  add(addressList: readonly Word[]): number {
    let begin = this.#begins.get(addressList);
    if (begin === undefined) {
      begin = this.words.length;
      this.#begins.set(addressList, begin);
      for (const word of addressList) this.words.push(word);
    }
    return 4 * begin;
  }
}

type FuncOf = (kernel: Kernel) => number;

function tablePhases(
  phases: readonly Phase[],
  addressLists: AddressLists,
  funcOf: FuncOf,
  thread: { bytes: number },
): TabledPhases {
  const table = (one: KernelOrLoop): TabledKernel | TabledLoop =>
    isLoop(one) ? tableLoop(one, addressLists, funcOf, thread) : tableKernel(one, addressLists, funcOf);
  return phases.map((phase) => phase.map(table));
}

function tableKernel(kernel: Kernel, addressLists: AddressLists, funcOf: FuncOf): TabledKernel {
  if (!kernel.addressList) throw new Error('internal: a kernel of a plan has an address list');
  const addressList = addressLists.add(kernel.addressList);
  const record = recordIn(kernel);
  return {
    func: kernel.tiles > 0 ? funcOf(kernel) : 0,
    tiles: kernel.tiles,
    addressList,
    record: record === undefined ? undefined : addressList + 4 * record,
  };
}

/** A loop: the address lists of its kernels are written from the words of its own address list, which is one of those around it. */
function tableLoop(loop: KernelLoop, outer: AddressLists, funcOf: FuncOf, thread: { bytes: number }): TabledLoop {
  const inner = new AddressLists();
  const phases = tablePhases(loop.phases, inner, funcOf, thread);
  const source: Word[] = [];
  const positions = new Map<string, number>();
  const positionOf = (word: Word): number => {
    const key = typeof word === 'number' ? `${word}` : `${word.slot} ${word.byteOffset}`;
    const position = positions.get(key) ?? source.push(word) - 1;
    positions.set(key, position);
    return 4 * position;
  };
  const fixed: number[] = [];
  const changing: number[] = [];
  for (const [i, word] of inner.words.entries()) {
    if (typeof word === 'number') {
      fixed.push(4 * i, positionOf(word));
      continue;
    }
    const address = loop.addresses.get(word.slot);
    if (!address) throw new Error('internal: a slot of a loop without an address');
    const inAddresses = (to: Location): Location => ({ slot: to.slot, byteOffset: to.byteOffset + word.byteOffset });
    const { first, later } = address;
    if (!later) fixed.push(4 * i, positionOf(inAddresses(first)));
    else {
      const { from, stride, alternates } = later;
      changing.push(4 * i, positionOf(inAddresses(first)), positionOf(inAddresses(from)), stride, alternates ? 1 : -1);
    }
  }
  const begin = thread.bytes;
  thread.bytes += 64 * Math.ceil(inner.words.length / 16);
  return {
    iterations: loop.iterations,
    perRow: loop.perRow,
    phases,
    addressList: outer.add(source),
    threadOffset: begin,
    fixed,
    changing,
  };
}

/** The position in the kernel's address list of its refusal record, if it may refuse what it reads. */
function recordIn({ refusal, addressList }: Kernel): number | undefined {
  if (!refusal) return undefined;
  const position = addressList?.findIndex((word) => typeof word !== 'number' && word.slot === refusal.slot) ?? -1;
  if (position < 0) throw new Error('internal: a refusal record that is not in the address list of its kernel');
  return position;
}

/** A slot of a plan: writes its address into all address lists that have it. */
export class BoundSlot {
  /** pairs of a word of the table, and the bytes by which it exceeds the address */
  readonly #uses: readonly number[];
  /** the first word of the table */
  #table = 0;
  #address = -1;

  constructor(uses: readonly number[]) {
    this.#uses = uses;
  }

  /** Notes where the table lies from now on. The address must be set again. */
  moveTo(table: number): void {
    this.#table = table;
    this.#address = -1;
  }

  /** in bytes */
  get address(): number {
    return this.#address;
  }

  set address(byteOffset: number) {
    if (byteOffset === this.#address) return;
    this.#address = byteOffset;
    const { i32 } = memory;
    const uses = this.#uses;
    const table = this.#table;
    for (let i = 0; i < uses.length; i += 2) i32[table + (uses[i] ?? 0)] = byteOffset + (uses[i + 1] ?? 0);
  }
}
