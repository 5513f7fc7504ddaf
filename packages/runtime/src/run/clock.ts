// The clock by which programs that are watched note times: the same in all threads, in one word.

import { host } from '#host';

/** Nanoseconds of one tick. The clock starts again at 0 every 43 s, so it measures spans of up to 21 s, with their sign. */
export const tickNanoseconds = 10;

/** The time in ticks, modulo 2³². */
export function clock(): number {
  return (host.nanoseconds() / tickNanoseconds) | 0;
}
