// How things are measured here: cases are verified first, then timed in rounds that take turns, so that a slow moment of the
// machine falls on all of them; what counts is the median over the rounds of each round's median.

import { Bench } from 'tinybench';

export interface Case {
  readonly name: string;
  /** throws where the result is wrong; called once before anything is timed */
  readonly verify: () => void;
  readonly run: () => void;
}

export interface Timing {
  /** milliseconds a call: the median over the rounds */
  readonly ms: number;
  /** how far the quickest and the slowest round were apart, as a share of the median */
  readonly spread: number;
}

export interface Rounds {
  readonly rounds: number;
  /** how long each case is timed in a round */
  readonly roundMs: number;
}

/** The timing of each case, in their order. */
export function measure(cases: readonly Case[], { rounds, roundMs }: Rounds): Timing[] {
  for (const { verify } of cases) verify();
  const times = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    cases.forEach(({ name, run }, i) => {
      const bench = new Bench({ time: roundMs, iterations: 3, warmupTime: roundMs / 5, warmupIterations: 2 });
      bench.add(name, run);
      const [task] = bench.runSync();
      if (task?.result.state !== 'completed')
        throw new Error(`${name}: the measurement failed`, { cause: task?.result });
      times[i]?.push(task.result.latency.p50);
    });
  }
  return times.map(timing);
}

/** The median and the spread of several measurements. */
export function timing(list: readonly number[]): Timing {
  const sorted = [...list].sort((a, b) => a - b);
  const ms = sorted[sorted.length >> 1] ?? Number.NaN;
  return { ms, spread: ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) / ms };
}
