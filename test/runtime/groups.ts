// Control groups that tests make, to run processes with limits. That takes a system that lets this process make them, in version 1.

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** A group of the hierarchy that has this controller, below the group of this process. */
export interface Group {
  readonly folder: string;
  /** writes to a file of the group */
  readonly set: (file: string, value: number) => void;
  /** what a shell runs to move into the group */
  readonly enter: string;
  readonly remove: () => void;
}

/** A new group; undefined where none can be made. */
export function madeGroup(controller: 'cpu' | 'memory' | 'pids'): Group | undefined {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
    const own = lines.map((line) => line.split(':')).find(([, names]) => names?.split(',').includes(controller))?.[2];
    if (own === undefined) return undefined;
    const folder = `/sys/fs/cgroup/${controller}${own === '/' ? '' : own}/treadle-${process.pid}`;
    mkdirSync(folder);
    return {
      folder,
      set: (file, value) => writeFileSync(`${folder}/${file}`, String(value)),
      enter: `echo $$ > ${folder}/cgroup.procs`,
      remove: () => rmdirSync(folder),
    };
  } catch {
    return undefined;
  }
}
