// The hosts on which the bundle of tests runs: the Nodes on this machine, and what the npm registry has as packages with binaries. Those
// are installed once, in out/hosts, without running their scripts.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { nodes } from '../runtime/nodes.ts';
import { root } from '../workspace/sources.ts';

/** A program that runs JavaScript. */
export interface ScriptHost {
  readonly name: string;
  /** the command that runs a module, without the module; undefined where the host cannot be installed */
  readonly command: readonly string[] | undefined;
}

interface Source {
  readonly name: string;
  /** the package that holds the binary for this machine, with its version */
  readonly from: string;
  readonly version: string;
  /** the binary's path in the package */
  readonly binary: string;
  readonly args?: readonly string[];
}

const { platform, arch } = process;
const exe = platform === 'win32' ? '.exe' : '';
const nodeOf = (version: string): Source => ({
  name: `Node ${version}`,
  from: `node-${platform === 'win32' ? 'win' : platform}-${arch}`,
  version,
  binary: `bin/node${exe}`,
});
const bunArch = arch === 'arm64' ? 'aarch64' : arch;

/** The oldest Node that is supported, the newest of each later line, and the others that resemble it. */
const sources: readonly Source[] = [
  nodeOf('20.9.0'),
  nodeOf('22.23.3'),
  nodeOf('24.21.0'),
  {
    name: 'Deno 2.9.6',
    from: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`,
    version: '2.9.6',
    binary: `deno${exe}`,
    args: ['run', '--allow-all'],
  },
  {
    name: 'Bun 1.4.5',
    from: `@oven/bun-${platform === 'win32' ? 'windows' : platform}-${bunArch}`,
    version: '1.4.5',
    binary: `bin/bun${exe}`,
  },
];

/** The hosts whose name contains one of these words; all of them where there is no word. */
export function hostsNamed(words: readonly string[]): readonly ScriptHost[] {
  const isMeant = ({ name }: { readonly name: string }): boolean =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
  const own = [...nodes].map(([version, path], i) => ({
    name: `Node ${version.slice(1)}, ${i === 0 ? 'pinned' : "the machine's own"}`,
    command: [path],
  }));
  return [
    ...own.filter(isMeant),
    ...sources.filter(isMeant).map((source) => ({ name: source.name, command: commandOf(source) })),
  ];
}

function commandOf({ name, from, version, binary, args = [] }: Source): readonly string[] | undefined {
  const folder = join(root, 'out/hosts', name.replace(' ', '-').toLowerCase());
  const path = join(folder, 'node_modules', from, binary);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    try {
      execFileSync('npm', [...options, `${from}@${version}`], {
        cwd: folder,
        stdio: 'pipe',
        shell: platform === 'win32',
      });
    } catch (error) {
      console.log(
        `${name} cannot be installed: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : error}`,
      );
      return undefined;
    }
  }
  return [path, ...args];
}
