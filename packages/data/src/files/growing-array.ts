// A typed array of unknown final length. Elements are stored in blocks, so nothing is copied while elements are added;
// `finish` copies each element once.

import { type Elements, emptyLike } from '../rows/plain-array.ts';

const [firstBlockLength, maxBlockLength] = [2 ** 10, 2 ** 20];

export class GrowingArray<E extends Elements> {
  readonly #full: E[] = [];
  #block: E;
  #used = 0;
  /** the number of elements in the full blocks */
  #length = 0;

  /** The elements get the type of `like`. */
  constructor(like: E) {
    this.#block = emptyLike(like, firstBlockLength);
  }

  push(value: number): void {
    if (this.#used === this.#block.length) {
      this.#full.push(this.#block);
      this.#length += this.#used;
      this.#block = emptyLike(this.#block, Math.min(maxBlockLength, 2 * this.#used));
      this.#used = 0;
    }
    this.#block[this.#used++] = value;
  }

  /** All elements in one new array. Nothing may be added after this. */
  finish(): E {
    const all = emptyLike(this.#block, this.#length + this.#used);
    let at = 0;
    for (const block of this.#full.splice(0)) {
      all.set(block, at);
      at += block.length;
    }
    all.set(this.#block.subarray(0, this.#used), at);
    return all;
  }
}
