// Threefry-2x32 with 13 rounds in plain TypeScript (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011). Words of 32 bits are unsigned numbers.

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/** The two random words of a counter. */
export function threefry(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const schedule = [key[0], key[1], 0x1bd11bda ^ key[0] ^ key[1]];
  let x0 = (counter[0] + schedule[0]!) | 0;
  let x1 = (counter[1] + schedule[1]!) | 0;
  for (let round = 0; round < 13; round++) {
    const bits = rotations[round % 8]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << bits) | (x1 >>> (32 - bits))) ^ x0;
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      x0 = (x0 + schedule[group % 3]!) | 0;
      x1 = (x1 + schedule[(group + 1) % 3]! + group) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/**
 * For position 16·g + 8·w + 4·h + l: w, and the two words of the counter (origin + 4·g + l, −h), of which the engine
 * takes word w.
 */
export function wordsAt(
  key: readonly [number, number],
  position: number,
  origin = 0,
): { readonly w: number; readonly words: readonly [number, number] } {
  const [g, w, h, l] = [position >> 4, (position >> 3) & 1, (position >> 2) & 1, position & 3];
  return { w, words: threefry(key, [origin + 4 * g + l, -h]) };
}
