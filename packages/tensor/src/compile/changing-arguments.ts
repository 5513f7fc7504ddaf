// A function whose arguments have ever new values is recorded again and again, which is slow: it is warned of, once.

import { host } from '@treadle/runtime';

/** How many values of one argument a function is recorded for before it is warned of. */
const manyValues = 32;

/** The values for which a function was recorded, argument by argument; of each only a hash is kept. */
export class ChangingArguments {
  readonly #name: string;
  readonly #seen: Set<number>[] = [];
  #isWarned = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** To be told whenever the function is recorded, with a text for each argument that says what its values are. */
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
  return isNumeric ? 'pass tensor(value) instead' : 'pass the same one again, and what changes in tensors';
}
