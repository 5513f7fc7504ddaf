// The table that a plan's program is run over: the step table, and behind it the windows of its kernels. What a window says
// of a slot is written when the slot's address is known: once, or again for each run that gives it another one.

import type { Kernel, Slot, Word } from '@treadle/kernels';
import { memory } from '@treadle/pool';
import { stepTable } from './step-table.ts';

export interface TableLayout {
  /** addresses are 0 */
  readonly words: readonly number[];
  /** for each slot: words that hold its address, each followed by how many bytes it is ahead of it */
  readonly uses: ReadonlyMap<Slot, readonly number[]>;
}

/** `funcOf`: the position of a kernel's code in the program's table of functions. Kernels may share a window. */
export function layOutTable(
  phases: readonly (readonly Kernel[])[],
  funcOf: (kernel: Kernel) => number,
  isWatched: boolean,
): TableLayout {
  const begins = new Map<readonly Word[], number>();
  const windows: Word[] = [];
  const windowOf = ({ window }: Kernel): number => {
    if (!window) throw new Error('internal: a kernel of a plan has a window');
    let begin = begins.get(window);
    if (begin === undefined) {
      begin = windows.length;
      begins.set(window, begin);
      for (const word of window) windows.push(word);
    }
    return 4 * begin;
  };
  const steps = phases.map((phase) =>
    phase.map((kernel) => {
      const window = windowOf(kernel);
      const record = recordIn(kernel);
      return {
        func: kernel.tiles > 0 ? funcOf(kernel) : 0,
        tiles: kernel.tiles,
        window,
        record: record === undefined ? undefined : window + 4 * record,
      };
    }),
  );
  const words = [...stepTable(steps, { isWatched })];
  const uses = new Map<Slot, number[]>();
  for (const word of windows) {
    if (typeof word !== 'number') {
      const known = uses.get(word.slot);
      if (known) known.push(words.length, word.byteOffset);
      else uses.set(word.slot, [words.length, word.byteOffset]);
    }
    words.push(typeof word === 'number' ? word : 0);
  }
  return { words, uses };
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
