// What Linux says of the threads of this process, for tests of what threads do while nothing else is seen of them.

import { readdirSync, readFileSync } from 'node:fs';

/** Whether the tests that need these figures can run. */
export const isLinux: boolean = process.platform === 'linux';

/** The numbers by which the system knows the threads of this process. */
export function nativeThreads(): ReadonlySet<number> {
  return new Set(readdirSync('/proc/self/task').map(Number));
}

/** The nice value of a thread: 0 by default, up to 19 for one that leaves the cores to others. */
export function niceOf(nativeThread: number): number {
  return Number(statOf(nativeThread)[16]);
}

/** What a thread has done up to now. */
export interface Activity {
  /** 'S' for a thread that sleeps, 'R' for one that runs or wants to */
  readonly state: string | undefined;
  readonly nanoseconds: number;
  /** how often it was given a core */
  readonly turns: number;
}

export function activityOf(nativeThread: number): Activity {
  const [nanoseconds, , turns] = readFileSync(`/proc/self/task/${nativeThread}/schedstat`, 'latin1').split(' ');
  return { state: statOf(nativeThread)[0], nanoseconds: Number(nanoseconds), turns: Number(turns) };
}

/** The fields of stat from the third one on; the second one, the name of the thread, may hold blanks. */
function statOf(nativeThread: number): readonly string[] {
  const stat = readFileSync(`/proc/self/task/${nativeThread}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
