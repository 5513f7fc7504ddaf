// How cases are measured. Every case is verified first. Then the cases are timed in interleaved rounds, so that a
// slow moment of the machine falls on all of them. The result is the median over the rounds of the median of each
// round.

import { Bench } from 'tinybench';

export interface Case {
  readonly name: string;
  /** throws if the result is wrong; called once, before anything is timed */
  readonly verify: () => void;
  /** the work that is timed */
  readonly run: () => void;
}

export interface Timing {
  /** milliseconds per call: the median over the rounds */
  readonly ms: number;
  /** (slowest round − fastest round) / median */
  readonly spread: number;
}

export interface Rounds {
  /** the number of rounds */
  readonly rounds: number;
  /** the time for each case in a round, in milliseconds */
  readonly roundMs: number;
}

/** The timing of each case, in the order of the cases. Throws what `verify` throws. */
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
