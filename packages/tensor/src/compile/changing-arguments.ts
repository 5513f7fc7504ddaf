// Warns, once, of a compiled function that is recorded again and again because an argument always has a new value, which is slow.

import { host } from '@treadle/runtime';

/** number of values of one argument after which the warning comes */
const manyValues = 32;

/** The values for which one function was recorded, by argument, as hashes. */
export class ChangingArguments {
  readonly #name: string;
  readonly #seen: Set<number>[] = [];
  #isWarned = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** To be called at each recording; `values` has a text for each argument that describes everything but its tensors. */
  note(args: readonly unknown[], values: readonly string[]): void {
    values.forEach((value, i) => {
      if (this.#isWarned) return;
      const seen = this.#seen[i] ?? new Set();
      this.#seen[i] = seen.add(hashOf(value));
      if (seen.size === manyValues) this.#warn(i, args[i]);
    });
  }

  #warn(argument: number, value: unknown): void {
    this.#isWarned = true;
    host.warn(
      `compile: "${this.#name || 'a function without a name'}" was recorded ${manyValues} times because argument ` +
        `${argument + 1} (${kindOf(value)}) keeps changing; ${hintFor(value)}`,
      { code: 'TREADLE_RECORDED_OFTEN' },
    );
  }
}

/** FNV-1a */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function hintFor(value: unknown): string {
  const isNumeric = typeof value === 'number' || typeof value === 'boolean' || Array.isArray(value);
  return isNumeric ? 'pass tensor(value) instead' : 'pass the same object each time, and what changes as tensors';
}
