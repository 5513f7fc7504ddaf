// The clock of runs that are watched: the same on all threads, in a word.

/** Nanoseconds that one unit of the clock takes. It comes round after 43 s: longer than any step that a team has patience for. */
export const tickNanoseconds = 10;

/** The time in ticks since the machine started, modulo 2³². */
export function clock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return ((seconds * 1e9 + nanoseconds) / tickNanoseconds) | 0;
}
