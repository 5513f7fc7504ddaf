// How many CPUs Linux's control groups (cgroups) grant to a process, from the texts of the files in which the kernel says so.
// Containers and services are limited by them: `docker run --cpus`, a Kubernetes limit, systemd's CPUQuota. A limit holds for a
// group and all groups below it, so every group from the process's own up to the root that is mounted here counts.
// It reads through a function that is given to it, and knows no host.

/** The strictest limit that was found. */
export interface CpuLimit {
  /** CPUs that the process may use on average, such as 1.5 */
  readonly cpus: number;
  /** the file that says so */
  readonly file: string;
}

/** The text of a file; undefined where it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** A hierarchy of groups that can limit CPUs, as it is mounted: version 2, or version 1 with the cpu controller. */
interface Mount {
  readonly isV2: boolean;
  /** the group that is seen at `point`; '/' where the whole hierarchy is */
  readonly root: string;
  readonly point: string;
}

/** The strictest CPU limit of the groups that this process is in; undefined where none is known. */
export function cpuLimit(read: ReadText): CpuLimit | undefined {
  const mounts = mountsIn(read('/proc/self/mountinfo') ?? '');
  if (mounts.length === 0) return undefined;
  const groups = groupsIn(read('/proc/self/cgroup') ?? '');
  let strictest: CpuLimit | undefined;
  for (const mount of mounts) {
    const group = mount.isV2 ? groups.v2 : groups.v1;
    for (const folder of group === undefined ? [] : foldersOf(mount, group)) {
      const limit = mount.isV2 ? limitV2(read, folder) : limitV1(read, folder);
      if (limit && limit.cpus < (strictest?.cpus ?? Number.POSITIVE_INFINITY)) strictest = limit;
    }
  }
  return strictest;
}

/**
 * How many threads are worth having with a limit: it is rounded up, because a thread less would leave a part of the limit
 * unused. 0.5 CPUs → 1, 1.5 → 2.
 */
export function coresWithin({ cpus }: CpuLimit): number {
  return Math.max(1, Math.ceil(cpus));
}

/** The number of CPUs in `Cpus_allowed_list:\t0-3,8` of /proc/self/status; undefined where the text does not tell. */
export function allowedCpus(status: string): number | undefined {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1];
  return list?.split(',').reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
}

/** Lines of mountinfo: `id parent device root point options… - type source options`. */
function mountsIn(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap((line): readonly Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, point] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    const isV2 = type === 'cgroup2';
    const isV1 = type === 'cgroup' && options.split(',').includes('cpu');
    if (root === undefined || point === undefined || !(isV1 || isV2)) return [];
    return [{ isV2, root: unescaped(root), point: unescaped(point) }];
  });
}

/** The groups of the process. Lines: `0::/group` for version 2, `4:cpu,cpuacct:/group` for version 1. */
function groupsIn(cgroup: string): { readonly v1: string | undefined; readonly v2: string | undefined } {
  const lines = cgroup.split('\n').map((line) => /^(\d+):([^:]*):(.*)$/.exec(line) ?? []);
  return {
    v1: lines.find(([, , controllers]) => controllers?.split(',').includes('cpu'))?.[3],
    v2: lines.find(([, id, controllers]) => id === '0' && controllers === '')?.[3],
  };
}

/**
 * The folder of the group and those of its parents. A container may see its own group alone, under the name that it has outside:
 * then that group is the root of the mount. A group that the mount does not show is looked for at the mount itself.
 */
function foldersOf({ root, point }: Mount, group: string): readonly string[] {
  const prefix = root === '/' ? '' : root;
  const isSeen = (group === root || group.startsWith(`${prefix}/`)) && !group.includes('/..');
  const names = (isSeen ? group.slice(prefix.length) : '').split('/').filter((name) => name !== '');
  return [...names.keys(), names.length].map((length) => [point, ...names.slice(0, length)].join('/'));
}

/** `max 100000` (no limit) or `150000 100000`: microseconds of computing in each period. */
function limitV2(read: ReadText, folder: string): CpuLimit | undefined {
  const file = `${folder}/cpu.max`;
  const [quota, period] = (read(file) ?? '').trim().split(' ');
  return limitOf(quota, period, file);
}

/** The same in two files; the quota is -1 where there is no limit. */
function limitV1(read: ReadText, folder: string): CpuLimit | undefined {
  const file = `${folder}/cpu.cfs_quota_us`;
  return limitOf(read(file), read(`${folder}/cpu.cfs_period_us`), file);
}

function limitOf(quota: string | undefined, period: string | undefined, file: string): CpuLimit | undefined {
  const cpus = Number(quota) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? { cpus, file } : undefined;
}

/** mountinfo writes blanks and backslashes as `\040`, their octal codes. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
