// What control groups grant: from texts as real systems have them, and in a group that is made where that is allowed.

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { allowedCpus, coresWithin, cpuLimit } from '../../packages/runtime/dist/host/cgroup.js';
import { madeGroup } from './groups.ts';
import { nodes } from './nodes.ts';

const v2 = (root: string, point = '/sys/fs/cgroup'): string =>
  `30 23 0:26 ${root} ${point} rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot`;
const v1 = (root: string, controllers = 'cpu,cpuacct', point = `/sys/fs/cgroup/${controllers}`): string =>
  `35 31 0:30 ${root} ${point} ro,nosuid,nodev,noexec,relatime master:13 - cgroup cgroup rw,${controllers}`;
const disk = '22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard';
const quota = (folder: string, us: number): Record<string, string> => ({
  [`${folder}/cpu.cfs_quota_us`]: `${us}\n`,
  [`${folder}/cpu.cfs_period_us`]: '100000\n',
});
const id = 'b7f5c6e8b0cf1f4c7ad3b7c9e6d5a1';
const pod = '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod2f.slice';

interface System {
  readonly mounts: readonly string[];
  readonly cgroup: string;
  readonly files: Readonly<Record<string, string>>;
  readonly limit: { readonly cpus: number; readonly file: string } | undefined;
}

const systems: Readonly<Record<string, System>> = {
  'Docker, version 2, with --cpus 1.5: the root is the group of the container': {
    mounts: [disk, v2('/')],
    cgroup: '0::/\n',
    files: { '/sys/fs/cgroup/cpu.max': '150000 100000\n' },
    limit: { cpus: 1.5, file: '/sys/fs/cgroup/cpu.max' },
  },
  'Docker, version 2, without a limit': {
    mounts: [disk, v2('/')],
    cgroup: '0::/\n',
    files: { '/sys/fs/cgroup/cpu.max': 'max 100000\n' },
    limit: undefined,
  },
  'Docker, version 2, in the name space of the machine': {
    mounts: [v2(`/system.slice/docker-${id}.scope`)],
    cgroup: `0::/system.slice/docker-${id}.scope\n`,
    files: { '/sys/fs/cgroup/cpu.max': '50000 100000\n' },
    limit: { cpus: 0.5, file: '/sys/fs/cgroup/cpu.max' },
  },
  'Docker, version 1: the group has the name that it has outside': {
    mounts: [disk, v1(`/docker/${id}`), v1(`/docker/${id}`, 'memory')],
    cgroup: `12:memory:/docker/${id}\n4:cpu,cpuacct:/docker/${id}\n0::/system.slice/containerd.service\n`,
    files: quota('/sys/fs/cgroup/cpu,cpuacct', 200_000),
    limit: { cpus: 2, file: '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us' },
  },
  'Kubernetes, version 1, whose mount shows a group beside that of the process': {
    mounts: [v1('/kubepods/burstable/pod2f/c1', 'cpuacct,cpu')],
    cgroup: '7:cpuacct,cpu:/kubepods/burstable/pod2f\n',
    files: quota('/sys/fs/cgroup/cpuacct,cpu', 25_000),
    limit: { cpus: 0.25, file: '/sys/fs/cgroup/cpuacct,cpu/cpu.cfs_quota_us' },
  },
  'Kubernetes, version 2, in the name space of the machine: the pod is limited more strictly than the container': {
    mounts: [v2('/')],
    cgroup: `0::${pod}/cri-containerd-${id}.scope\n`,
    files: {
      [`/sys/fs/cgroup${pod}/cri-containerd-${id}.scope/cpu.max`]: '400000 100000\n',
      [`/sys/fs/cgroup${pod}/cpu.max`]: '300000 100000\n',
      '/sys/fs/cgroup/kubepods.slice/cpu.max': 'max 100000\n',
    },
    limit: { cpus: 3, file: `/sys/fs/cgroup${pod}/cpu.max` },
  },
  'systemd: a slice of the service has a CPUQuota': {
    mounts: [disk, v2('/')],
    cgroup: '0::/system.slice/trainer.service\n',
    files: {
      '/sys/fs/cgroup/system.slice/trainer.service/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '80000 100000\n',
    },
    limit: { cpus: 0.8, file: '/sys/fs/cgroup/system.slice/cpu.max' },
  },
  'systemd on a machine with both versions, where version 1 has the controller': {
    mounts: [v2('/', '/sys/fs/cgroup/unified'), v1('/'), v1('/', 'memory')],
    cgroup: '11:memory:/user.slice\n4:cpu,cpuacct:/user.slice\n1:name=systemd:/user.slice\n0::/user.slice\n',
    files: { ...quota('/sys/fs/cgroup/cpu,cpuacct/user.slice', 350_000), ...quota('/sys/fs/cgroup/cpu,cpuacct', -1) },
    limit: { cpus: 3.5, file: '/sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_quota_us' },
  },
  'a period other than 100 ms': {
    mounts: [v2('/')],
    cgroup: '0::/\n',
    files: { '/sys/fs/cgroup/cpu.max': '10000 20000\n' },
    limit: { cpus: 0.5, file: '/sys/fs/cgroup/cpu.max' },
  },
  'a process that was moved out of the name space of its container': {
    mounts: [v2('/')],
    cgroup: '0::/../other\n',
    files: { '/sys/fs/cgroup/cpu.max': '100000 100000\n' },
    limit: { cpus: 1, file: '/sys/fs/cgroup/cpu.max' },
  },
  'a mount with a blank in its path': {
    mounts: [v2('/', '/mnt/control\\040groups')],
    cgroup: '0::/a\n',
    files: { '/mnt/control groups/a/cpu.max': '100000 100000\n' },
    limit: { cpus: 1, file: '/mnt/control groups/a/cpu.max' },
  },
  'files that cannot be read': { mounts: [v2('/')], cgroup: '0::/a\n', files: {}, limit: undefined },
  'no control groups': { mounts: [disk], cgroup: '', files: {}, limit: undefined },
};

const readerOf =
  ({ mounts, cgroup, files }: Pick<System, 'mounts' | 'cgroup' | 'files'>) =>
  (path: string): string | undefined =>
    new Map([
      ['/proc/self/mountinfo', `${mounts.join('\n')}\n`],
      ['/proc/self/cgroup', cgroup],
      ...Object.entries(files),
    ]).get(path);

describe('the CPU limit is that of the strictest group', () => {
  test.each(Object.entries(systems))('%s', (_, system) => {
    expect(cpuLimit(readerOf(system))).toEqual(system.limit);
  });

  test('from the own group up to the root, at any depth, in both versions', () => {
    const limits = fc.array(fc.option(fc.integer({ min: 1, max: 64 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(limits, fc.boolean(), (percents, isV2) => {
        const names = percents.slice(1).map((_, depth) => `g${depth}`);
        const point = isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu';
        const files = percents.map((percent, depth) => {
          const folder = [point, ...names.slice(0, depth)].join('/');
          const us = percent === null ? undefined : percent * 1000;
          return isV2 ? { [`${folder}/cpu.max`]: `${us ?? 'max'} 100000\n` } : quota(folder, us ?? -1);
        });
        const group = `/${names.join('/')}`;
        const limit = cpuLimit(
          readerOf({
            mounts: [isV2 ? v2('/') : v1('/', 'cpu')],
            cgroup: isV2 ? `0::${group}\n` : `2:cpu:${group}\n`,
            files: Object.assign({}, ...files),
          }),
        );
        const set = percents.filter((percent) => percent !== null);
        expect(limit?.cpus).toBe(set.length === 0 ? undefined : Math.min(...set) / 100);
      }),
    );
  });

  test('is none where nothing can be read, and whatever the texts are, it is positive', () => {
    expect(cpuLimit(() => undefined)).toBeUndefined();
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(v2('/'), v1('/'), '0::/', '2:cpu:/', 'max', '0 0', '1 0', '-5 1'),
    );
    fc.assert(
      fc.property(fc.func(fc.option(text, { nil: undefined })), (read) => {
        expect(cpuLimit(read)?.cpus ?? 1).toBeGreaterThan(0);
      }),
    );
  });
});

test('threads are the limit, rounded up', () => {
  const rounded = [0.01, 0.5, 1, 1.5, 2, 2.001, 64].map((cpus) => coresWithin({ cpus, file: '' }));
  expect(rounded).toEqual([1, 1, 1, 2, 2, 3, 64]);
});

test('the CPUs of an affinity are counted', () => {
  expect(allowedCpus('Name:\tnode\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\nMems_allowed_list:\t0-7\n')).toBe(2);
  expect(allowedCpus('Cpus_allowed_list:\t0-3,8,10-11\n')).toBe(7);
  expect(allowedCpus('Cpus_allowed_list:\t5')).toBe(1);
  expect(allowedCpus('Name:\tnode\n')).toBeUndefined();
});

const group = madeGroup('cpu');
afterAll(() => group?.remove());

describe.runIf(group !== undefined).each([...nodes])('in a real group, under Node %s', (_, node) => {
  const runtime = new URL('../../packages/runtime/dist/index.js', import.meta.url).href;
  const script = `import(${JSON.stringify(runtime)}).then(({ host }) => console.log(host.cores(), host.coresLimit?.()))`;

  test.each([50_000, 100_000])('with a quota of %d µs of 100,000 there is one core', (us) => {
    group?.set('cpu.cfs_quota_us', us);
    const inGroup = `${group?.enter}; exec "$0" --eval "$1"`;
    const stdout = execFileSync('sh', ['-c', inGroup, node, script], { encoding: 'utf8' });
    expect(stdout).toBe(`1 ${group?.folder}/cpu.cfs_quota_us grants ${us / 100_000} CPUs\n`);
  });
});
