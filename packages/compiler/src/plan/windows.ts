// The table that a plan's program is run over: the step table, and behind it the windows of its steps. What a window says of a
// slot is written when the slot's address is known: once, or again for each run that gives it another one. The windows of
// steps in loops lie in each thread's own memory, and are made there from the window of the loop.

import type { Kernel, Location, Slot, Word } from '@treadle/kernels';
import { memory } from '@treadle/runtime';
import { isLoop, type LoopStep, type Phase, type Step } from '../schedule/step.ts';
import { type StepTable, stepTable, type TabledLoop, type TabledPhases, type TabledStep } from './step-table.ts';

/** Addresses are 0. */
export interface TableLayout extends StepTable {
  /** for each slot: words that hold its address, each followed by how many bytes it is ahead of it */
  readonly uses: ReadonlyMap<Slot, readonly number[]>;
  /** bytes of each thread's own memory that the windows of loops take */
  readonly own: number;
}

/** `funcOf`: the position of a kernel's code in the program's table of functions. Kernels may share a window. */
export function layOutTable(
  phases: readonly Phase[],
  funcOf: (kernel: Kernel) => number,
  isWatched: boolean,
): TableLayout {
  const windows = new Windows();
  const own = { bytes: 0 };
  const tabled = tablePhases(phases, windows, funcOf, own);
  const { words: steps, rounds } = stepTable(tabled, { isWatched, own: own.bytes });
  const words = [...steps];
  const uses = new Map<Slot, number[]>();
  for (const word of windows.words) {
    if (typeof word !== 'number') {
      const known = uses.get(word.slot);
      if (known) known.push(words.length, word.byteOffset);
      else uses.set(word.slot, [words.length, word.byteOffset]);
    }
    words.push(typeof word === 'number' ? word : 0);
  }
  return { words, rounds, uses, own: own.bytes };
}

/** Windows one after the other; those that are the same object, once. */
class Windows {
  readonly words: Word[] = [];
  readonly #begins = new Map<readonly Word[], number>();

  /** The byte offset of a window. */
  place(window: readonly Word[]): number {
    let begin = this.#begins.get(window);
    if (begin === undefined) {
      begin = this.words.length;
      this.#begins.set(window, begin);
      for (const word of window) this.words.push(word);
    }
    return 4 * begin;
  }
}

type FuncOf = (kernel: Kernel) => number;

function tablePhases(phases: readonly Phase[], windows: Windows, funcOf: FuncOf, own: { bytes: number }): TabledPhases {
  const table = (step: Step): TabledStep | TabledLoop =>
    isLoop(step) ? tableLoop(step, windows, funcOf, own) : tableStep(step, windows, funcOf);
  return phases.map((phase) => phase.map(table));
}

function tableStep(kernel: Kernel, windows: Windows, funcOf: FuncOf): TabledStep {
  if (!kernel.window) throw new Error('internal: a kernel of a plan has a window');
  const window = windows.place(kernel.window);
  const record = recordIn(kernel);
  return {
    func: kernel.tiles > 0 ? funcOf(kernel) : 0,
    tiles: kernel.tiles,
    window,
    record: record === undefined ? undefined : window + 4 * record,
  };
}

/** The words of its steps' windows are made from those of its own window, which lies in the windows around it. */
function tableLoop(loop: LoopStep, around: Windows, funcOf: FuncOf, own: { bytes: number }): TabledLoop {
  const inside = new Windows();
  const phases = tablePhases(loop.phases, inside, funcOf, own);
  const source: Word[] = [];
  const positions = new Map<string, number>();
  const placeOf = (word: Word): number => {
    const key = typeof word === 'number' ? `${word}` : `${word.slot} ${word.byteOffset}`;
    const position = positions.get(key) ?? source.push(word) - 1;
    positions.set(key, position);
    return 4 * position;
  };
  const fixed: number[] = [];
  const turns: number[] = [];
  for (const [i, word] of inside.words.entries()) {
    if (typeof word === 'number') {
      fixed.push(4 * i, placeOf(word));
      continue;
    }
    const walk = loop.walks.get(word.slot);
    if (!walk) throw new Error('internal: a slot of a loop lies nowhere');
    const ahead = (to: Location): Location => ({ slot: to.slot, byteOffset: to.byteOffset + word.byteOffset });
    const { first, later } = walk;
    if (!later) fixed.push(4 * i, placeOf(ahead(first)));
    else {
      const { from, stride, alternates } = later;
      turns.push(4 * i, placeOf(ahead(first)), placeOf(ahead(from)), stride, alternates ? 1 : -1);
    }
  }
  const begin = own.bytes;
  own.bytes += 64 * Math.ceil(inside.words.length / 16);
  return { rounds: loop.rounds, perRow: loop.perRow, phases, window: around.place(source), own: begin, fixed, turns };
}
/** The position in the kernel's window of the record in which it refuses what it reads. */
function recordIn({ refusal, window }: Kernel): number | undefined {
  if (!refusal) return undefined;
  const position = window?.findIndex((word) => typeof word !== 'number' && word.slot === refusal.slot) ?? -1;
  if (position < 0) throw new Error('internal: a record lies in the window of its kernel');
  return position;
}

/** Where the address of a slot is written for a run. */
export class BoundSlot {
  /** words of the table, each followed by how many bytes it is ahead of the address */
  readonly #uses: readonly number[];
  /** first word of the table */
  #table = 0;
  #address = -1;

  constructor(uses: readonly number[]) {
    this.#uses = uses;
  }

  /** Says where the table lies from now on; the address is to be written anew. */
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
