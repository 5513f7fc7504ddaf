// Which of two ways to compute the same thing is faster, on a machine that may be busy with other work. Other work only ever makes a
// measurement longer, so the least of several is the nearest to the truth; and it disturbs neighbouring measurements alike, so the two
// ways take turns.

/** The gain that counts as clear: less may be noise, and is worth little. */
const clearGain = 1.2;
/** With this gain the answer is clear before all rounds are measured. */
const obviousGain = 1.4;
const fewestRounds = 4;
const mostRounds = 16;

/**
 * Whether `a` is faster than `b` by a clear margin.
 *
 * @param a measures the first way once: the time it took, in any unit
 * @param b measures the second way once, in the same unit
 */
export function isClearlyFaster(a: () => number, b: () => number): boolean {
  let [leastA, leastB] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= mostRounds; round++) {
    // now the one, now the other is first, so that a processor that speeds up or slows down favours neither
    if (round % 2) leastA = Math.min(leastA, a());
    leastB = Math.min(leastB, b());
    if (round % 2 === 0) leastA = Math.min(leastA, a());
    if (round >= fewestRounds && leastB >= obviousGain * leastA) return true;
  }
  return leastB >= clearGain * leastA;
}
