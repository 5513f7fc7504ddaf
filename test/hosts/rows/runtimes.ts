// Runtimes beside Node, which npm has as packages.

import process from 'node:process';
import { moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';

const denoPackage = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;

const deno: Row = {
  name: 'deno',
  group: 'Runtimes',
  host: 'Deno 2.9.6',
  what: '`import`',
  threads: 'all',
  tools: { [denoPackage]: '2.9.6' },
  async run(place) {
    place.write('program.mjs', moduleProgram);
    const binary = `${place.folder}/node_modules/${denoPackage}/deno`;
    const env = { DENO_DIR: `${place.folder}/.deno`, DENO_NO_UPDATE_CHECK: '1' };
    await place.probe('run', binary, ['run', '--allow-all', '--node-modules-dir=manual', 'program.mjs'], { env });
  },
};

/** The command of Bun in a place with this package. */
export const bunPackage = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`;

const bun: Row = {
  name: 'bun',
  group: 'Runtimes',
  host: 'Bun 1.4.5',
  what: '`import`',
  threads: 'all',
  tools: { [bunPackage]: '1.4.5' },
  async run(place) {
    place.write('program.mjs', moduleProgram);
    await place.probe('run', `${place.folder}/node_modules/${bunPackage}/bin/bun`, ['program.mjs']);
  },
};

export const runtimeRows: readonly Row[] = [deno, bun];
