// Processes that may not do all that others may. The package computes the same, with what is left to it, or says what is missing.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Place } from '../place.ts';
import { moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';

const oneThread = /worker threads cannot be started \(.*\); one thread does all the work/;
const notLinux = () => (process.platform === 'linux' ? undefined : 'only Linux has the means to restrict a process so');

/** A row of a process with one flag of Node, which changes nothing. */
function flag(name: string, option: string, chatter?: RegExp): Row {
  return {
    name,
    group: 'Restricted',
    host: `Node 26.10.0 with \`${option}\``,
    what: 'the same results',
    threads: 'all',
    async run(place) {
      place.write('program.mjs', moduleProgram);
      await place.probe(option, place.node, [option, 'program.mjs'], { expected: chatter ? { chatter } : {} });
    },
  };
}

const permission: Row = {
  name: 'permission',
  group: 'Restricted',
  host: 'Node 26.10.0 with `--permission`',
  what: 'with `--allow-worker` and without it, reading only its own folder',
  threads: 'all; without `--allow-worker` one, with a warning',
  async run(place) {
    place.write('program.mjs', moduleProgram);
    const flags = ['--permission', `--allow-fs-read=${place.folder}`];
    const chatter = /SecurityWarning: The flag --allow-worker|node --trace-warnings/;
    await place.probe('workers', place.node, [...flags, '--allow-worker', 'program.mjs'], { expected: { chatter } });
    await place.probe('no workers', place.node, [...flags, 'program.mjs'], {
      expected: { worked: 1, warning: oneThread },
    });
  },
};

const jitless: Row = {
  name: 'jitless',
  group: 'Restricted',
  host: 'Node 26.10.0 with `--jitless`',
  what: 'an error says that WebAssembly is missing',
  threads: 'none',
  async run(place) {
    place.write('program.mjs', moduleProgram);
    const { code, stderr } = await place.run(place.node, ['--jitless', 'program.mjs']);
    if (code !== 1 || !/Error: treadle: WebAssembly must be available/.test(stderr)) {
      throw new Error(`an error about WebAssembly was expected; got code ${code}\n${stderr}`);
    }
  },
};

const addressSpace: Row = {
  name: 'ulimit',
  group: 'Restricted',
  host: 'Node 26.10.0 under `ulimit -v`',
  what: '2.5 to 20 GB of address space',
  threads: 'all or one, with a warning; with too little, an error says so',
  obstacle: notLinux,
  async run(place) {
    place.write('program.mjs', moduleProgram);
    for (const gigabytes of [2.5, 5, 6.5, 8, 12, 20]) await limited(place, gigabytes);
  },
};

async function limited(place: Place, gigabytes: number): Promise<void> {
  const name = `${gigabytes} GB`;
  const command = `ulimit -v ${1e6 * gigabytes}; exec "$0" "$@"`;
  const finished = await place.run('sh', ['-c', command, place.node, 'program.mjs']);
  const { code, stderr } = finished;
  if (code === 1 && /RangeError: memory: the process must be able to reserve address space/.test(stderr)) return;
  place.judge(name, finished, oneThread.test(stderr) ? { worked: 1, warning: oneThread } : {});
}

const lambda: Row = {
  name: 'lambda',
  group: 'Restricted',
  host: 'Node 24.21.0 as in AWS Lambda',
  what: 'read-only disk, one core, 512 MB',
  threads: 'one core, one thread',
  node: '24.21.0',
  obstacle: () => {
    if (process.platform !== 'linux') return notLinux();
    try {
      execFileSync('unshare', ['--mount', '--map-root-user', 'true'], { stdio: 'ignore' });
      execFileSync('taskset', ['--cpu-list', '0', 'true'], { stdio: 'ignore' });
      return undefined;
    } catch {
      return 'mounts of its own (unshare) or taskset are not allowed on this machine';
    }
  },
  async run(place) {
    place.write('program.mjs', moduleProgram);
    const group = memoryGroup(512 * 2 ** 20);
    const enter = group === undefined ? '' : `echo $$ > ${group}/cgroup.procs; `;
    // The whole disk first, then the folder, which may lie on a disk of its own.
    const readOnly =
      'mount --rbind / / && mount -o remount,bind,ro / && mount --bind "$PWD" "$PWD" && mount -o remount,bind,ro "$PWD"';
    const command = `${enter}${readOnly} && cd "$PWD" && ! touch written 2>/dev/null && exec taskset --cpu-list 0 "$0" "$@"`;
    const args = ['--mount', '--map-root-user', 'sh', '-c', command, place.node, 'program.mjs'];
    try {
      await place.probe(group === undefined ? 'no limit of memory' : 'limited', 'unshare', args, {
        expected: { threads: 1 },
      });
    } finally {
      if (group !== undefined) rmdirSync(group);
    }
    const most = Math.max(...place.cases.flatMap(({ probes }) => probes.map(({ megabytes }) => megabytes)));
    if (most > 512) throw new Error(`the process must do with 512 MB; it had ${most}`);
  },
};

/** A group of processes that may have so many bytes of memory together; undefined where this machine allows none to be made. */
function memoryGroup(bytes: number): string | undefined {
  for (const [folder, file] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ]) {
    const group = `${folder}/treadle-${process.pid}`;
    try {
      if (!existsSync(`${folder}/${file === 'memory.max' ? 'cgroup.subtree_control' : file}`)) continue;
      mkdirSync(group);
      writeFileSync(`${group}/${file}`, `${bytes}`);
      return group;
    } catch {
      if (existsSync(group)) rmdirSync(group);
    }
  }
  return undefined;
}

export const restrictedRows: readonly Row[] = [
  lambda,
  permission,
  flag('no-eval', '--disallow-code-generation-from-strings'),
  flag('frozen-intrinsics', '--frozen-intrinsics', /ExperimentalWarning: Frozen |node --trace-warnings/),
  jitless,
  addressSpace,
];
