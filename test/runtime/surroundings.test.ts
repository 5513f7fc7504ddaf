// Hosts that refuse something the engine would like to use. Where computation is still possible, results are the same; where it is
// not, the first use says what is missing. Every host here is a real process.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { madeGroup } from './groups.ts';
import { nodes } from './nodes.ts';

const tensor = new URL('../../packages/tensor/dist/index.js', import.meta.url).href;

/** Six times the same sum, computed by awaiting it and by blocking: prints how many different results there are, and of how many. */
const program = `
  const { features, randomNormal, setThreads } = await import(${JSON.stringify(tensor)});
  if (process.argv.includes('lost')) (await import('node:fs')).rmdirSync(process.cwd());
  setThreads(3);
  const a = randomNormal([600, 600], { seed: 1 });
  const sums = [];
  for (let i = 0; i < 3; i++) sums.push((await a.matmul(a).sum().read())[0], a.matmul(a).sum().item());
  console.log(new Set(sums).size, sums.length);
  if (process.argv.includes('simd')) console.log(features().simd);
`;

interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly node?: string;
  readonly flags?: readonly string[];
  /** what the process runs before the program */
  readonly before?: string;
  /** variables of the environment, beside those of this process */
  readonly env?: Readonly<Record<string, string>>;
  /** what a shell does first, such as to set a limit */
  readonly shell?: string;
  /** whether the process sees file systems of its own, which the shell may change */
  readonly hasOwnMounts?: boolean;
  /** in place of the program that computes */
  readonly script?: string;
  readonly cwd?: string;
  readonly args?: readonly string[];
}

function run({
  node = process.execPath,
  flags = [],
  before = '',
  env = {},
  shell,
  hasOwnMounts = false,
  script = program,
  cwd,
  args = [],
}: RunOptions): Promise<Ending> {
  const own = [node, ...flags, '--input-type=module', '--eval', before + script, ...args];
  const inShell = shell === undefined ? own : ['sh', '-c', `${shell}; exec "$0" "$@"`, ...own];
  const [file = '', ...all] = hasOwnMounts ? ['unshare', '--mount', ...inShell] : inShell;
  return new Promise((resolve) => {
    execFile(file, all, { cwd, env: { ...process.env, ...env }, timeout: 50_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.signal ?? error.code) : 0, stdout: stdout.trim(), stderr });
    });
  });
}

const oneResult = { code: 0, stdout: '1 6' };
/** Whether processes can be started that see file systems of their own. */
const canMount = await run({ shell: 'true', hasOwnMounts: true, script: '' }).then(({ code }) => code === 0);
const [tasks, memory] = [madeGroup('pids'), madeGroup('memory')];
afterAll(() => {
  tasks?.remove();
  memory?.remove();
});
const warning = /worker threads cannot be started \(.*\); one thread does all the work/g;

describe.each([...nodes])('under Node %s', (_, node) => {
  test('where no code may be made from strings, results are the same', async () => {
    const flags = ['--disallow-code-generation-from-strings'];
    expect(await run({ node, flags })).toEqual({ ...oneResult, stderr: '' });
  });

  test('where V8 lets no flag be set any more, results are the same, with vectors of 128 bits', async () => {
    const outcome = await run({ node, flags: ['--freeze-flags-after-init'], args: ['simd'] });
    expect(outcome).toEqual({ code: 0, stdout: '1 6\n128', stderr: '' });
  });

  test.each([
    ['ignores', '() => {}'],
    ['throws at', "() => { throw new Error('not implemented'); }"],
  ])('where the JavaScript engine %s the flags of V8, results are the same', async (_, setFlags) => {
    const before = `
      import v8 from 'node:v8';
      import { syncBuiltinESMExports } from 'node:module';
      v8.setFlagsFromString = ${setFlags};
      syncBuiltinESMExports();
    `;
    expect(await run({ node, before })).toEqual({ ...oneResult, stderr: '' });
  });

  describe('what is asked of V8', () => {
    /** Prints every flag that is set, and every text that is made into a function. */
    const before = `
      import v8 from 'node:v8';
      import { syncBuiltinESMExports } from 'node:module';
      const { setFlagsFromString } = v8;
      v8.setFlagsFromString = (flag) => {
        console.error('flag ' + flag);
        setFlagsFromString(flag);
      };
      syncBuiltinESMExports();
      globalThis.Function = new Proxy(Function, {
        construct: (target, args) => {
          console.error('code ' + args.at(-1));
          return Reflect.construct(target, args);
        },
      });
    `;

    test('is what SECURITY.md says: these flags, intrinsics only while they are allowed, and they are not in the end', async () => {
      const { stderr, ...outcome } = await run({ node, before });
      expect(outcome).toEqual(oneResult);
      let areAllowed = false;
      for (const line of stderr.trim().split('\n')) {
        if (line === 'flag --allow-natives-syntax') areAllowed = true;
        else if (line === 'flag --no-allow-natives-syntax') areAllowed = false;
        else if (line.startsWith('code ')) {
          expect(areAllowed).toBe(true);
          expect(line).toMatch(
            /^code (return )?%(WasmTierUpFunction|IsTurboFanFunction|WasmTriggerTierUpForTesting)\(f\)$/,
          );
        } else expect(line).toMatch(/^flag --(no-)?experimental-wasm-(revectorize|relaxed-simd)$/);
      }
      expect(areAllowed).toBe(false);
    });

    test('is nothing with TREADLE_SIMD=off', async () => {
      expect(await run({ node, before, env: { TREADLE_SIMD: 'off' } })).toEqual({ ...oneResult, stderr: '' });
    });
  });

  test('where there is no WebAssembly, the first use says so', async () => {
    const { code, stderr } = await run({ node, flags: ['--jitless'] });
    expect(code).toBe(1);
    expect(stderr).toContain('Error: treadle: WebAssembly must be available, ');
  });

  describe('where there is no SharedArrayBuffer', () => {
    /** A WebAssembly whose memories cannot be shared, as that of some browsers on pages that are not isolated. */
    const unshared = `
      WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
        construct: (target, [descriptor]) => {
          if (descriptor.shared) throw new TypeError('memories cannot be shared');
          return new target(descriptor);
        },
      });
    `;

    test.each([
      ['can still be shared', ''],
      ['cannot be shared', unshared],
    ])('and memories %s, one thread does all the work, with one warning that says why', async (_, change) => {
      const before = `delete globalThis.SharedArrayBuffer; ${change}`;
      const { code, stdout, stderr } = await run({ node, before });
      expect({ code, stdout }).toEqual(oneResult);
      expect(stderr.match(warning)).toHaveLength(1);
      expect(stderr).toContain('Cross-Origin-Embedder-Policy: require-corp');
    });
  });

  test.runIf(process.platform === 'linux').each([2.5, 5, 6.5, 8, 12])(
    'with %d GB of address space, results are the same, with a warning where one thread does all the work, or the first use says what is missing',
    async (gigabytes) => {
      const { code, stdout, stderr } = await run({ node, shell: `ulimit -v ${1e6 * gigabytes}` });
      if (code === 0) {
        expect(stdout).toBe(oneResult.stdout);
        expect(stderr.match(warning) ?? []).toHaveLength(stderr === '' ? 0 : 1);
      } else {
        expect(code).toBe(1);
        expect(stderr).toContain('RangeError: memory: the process must be able to reserve address space, ');
      }
    },
  );
});

describe.each([...nodes])('under Node %s, results are the same', (_, node) => {
  test('where intrinsics are frozen', async () => {
    const { code, stdout, stderr } = await run({ node, flags: ['--frozen-intrinsics'] });
    expect({ code, stdout }).toEqual(oneResult);
    expect(stderr.replace(/^.*ExperimentalWarning: Frozen .*\n.*\n/, '')).toBe('');
  });

  test.runIf(canMount).each([
    ['there is no /proc', 'umount -l /proc && ! test -e /proc/self'],
    ['all disks are read-only', 'mount -o remount,ro,bind / && ! touch /treadle 2>/dev/null'],
  ])('where %s', async (_, shell) => {
    const outcome = await run({ node, shell: `${shell} || exit 1`, hasOwnMounts: true });
    expect(outcome).toEqual({ ...oneResult, stderr: '' });
  });

  test.runIf(memory)('where the control group has 512 MB of memory', async () => {
    memory?.set('memory.limit_in_bytes', 512e6);
    expect(await run({ node, shell: memory?.enter ?? '' })).toEqual({ ...oneResult, stderr: '' });
  });

  test.runIf(tasks).each([6, 8, 10, 12, 14])(
    'where %d threads are allowed, if Node itself can live with so few',
    async (most) => {
      tasks?.set('pids.max', most);
      const shell = tasks?.enter ?? '';
      // Node aborts where it gets no threads of its own to start, or for files.
      const plain = await run({ node, shell, script: "import fs from 'node:fs/promises'; await fs.stat('/');" });
      const { code, stdout, stderr } = await run({ node, shell });
      expect(code === 0 || plain.code !== 0).toBe(true);
      if (code !== 0) return;
      expect(stdout).toBe(oneResult.stdout);
      if (stderr.includes('Treadle'))
        expect(stderr).toContain('(the system gives no more; is there a limit, such as ulimit -u?)');
      expect(stderr.match(warning)?.length ?? 0).toBeLessThanOrEqual(1);
    },
  );
});

test('where workers are not permitted, one thread does all the work, with one warning', async () => {
  const { code, stdout, stderr } = await run({ flags: ['--permission', '--allow-fs-read=*'] });
  expect({ code, stdout }).toEqual(oneResult);
  expect(stderr.match(warning)).toHaveLength(1);
});

describe.runIf(process.platform === 'linux')('where workers are permitted, and reading only the code', () => {
  const runtime = new URL('../../packages/runtime/dist/index.js', import.meta.url).href;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const permissions = ['--permission', '--allow-worker', '--no-warnings'];

  test.each([[[`--allow-fs-read=${root}*`]], [['--allow-fs-read', `${root}*`]]])(
    'results are the same with %j',
    async (reading) => {
      expect(await run({ flags: [...permissions, ...reading] })).toEqual({ ...oneResult, stderr: '' });
    },
  );

  test('no thread that is alive is taken for one that has ended', async () => {
    const before = `
      const { host } = await import(${JSON.stringify(runtime)});
      if (host.computedBy(process.pid) === undefined) throw new Error('the main thread must be known to be alive');
    `;
    const flags = [...permissions, `--allow-fs-read=${root}*`];
    expect(await run({ flags, before })).toEqual({ ...oneResult, stderr: '' });
  });
});

describe('in a working folder that is gone', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'treadle-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  test('workers end as they start; one thread does all the work, with one warning', async () => {
    const { code, stdout, stderr } = await run({ cwd, args: ['lost'] });
    expect({ code, stdout }).toEqual(oneResult);
    expect(stderr.match(warning)).toHaveLength(1);
  });
});
