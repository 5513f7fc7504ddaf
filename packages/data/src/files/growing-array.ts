// Elements of which nobody knows beforehand how many come: kept in blocks, so that nothing is copied while more come, and put
// into one array at the end.

import { type Elements, emptyLike } from '../rows/plain-array.ts';

const [firstBlock, largestBlock] = [2 ** 10, 2 ** 20];

export class GrowingArray<E extends Elements> {
  readonly #full: E[] = [];
  #block: E;
  #used = 0;
  #length = 0;

  /** With elements as those of `like`. */
  constructor(like: E) {
    this.#block = emptyLike(like, firstBlock);
  }

  push(value: number): void {
    if (this.#used === this.#block.length) {
      this.#full.push(this.#block);
      this.#length += this.#used;
      this.#block = emptyLike(this.#block, Math.min(largestBlock, 2 * this.#used));
      this.#used = 0;
    }
    this.#block[this.#used++] = value;
  }

  /** All elements, in an array of their own; nothing may be added any more. */
  whole(): E {
    const whole = emptyLike(this.#block, this.#length + this.#used);
    let at = 0;
    for (const block of this.#full.splice(0)) {
      whole.set(block, at);
      at += block.length;
    }
    whole.set(this.#block.subarray(0, this.#used), at);
    return whole;
  }
}
