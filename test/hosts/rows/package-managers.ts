// Package managers: each installs the packed package in an empty project, which then computes.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../place.ts';
import { moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';
import { bunPackage } from './runtimes.ts';

const base = { group: 'Package managers', threads: 'all', isInstalled: false } as const;

/** An empty project beside the tool, so that nothing of the tool is in its reach. */
function project(place: Place): { readonly folder: string; readonly env: Record<string, string> } {
  place.write('project/package.json', JSON.stringify({ private: true, name: 'project', version: '1.0.0' }));
  place.write('project/program.mjs', moduleProgram);
  return {
    folder: join(place.folder, 'project'),
    env: { HOME: place.folder, XDG_CACHE_HOME: join(place.folder, '.cache') },
  };
}

/** Throws where an installed file is native code. */
function checkNoBinary(folder: string): void {
  const native = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(node|so|dylib|dll)$/.test(name) && statSync(join(folder, name)).isFile(),
  );
  if (native.length > 0) throw new Error(`no native file must be installed; got ${native.join(', ')}`);
}

const npm: Row = {
  ...base,
  name: 'npm',
  host: 'npm 11.19.1',
  what: '`npm install`',
  tools: { npm: '11.19.1' },
  async run(place) {
    const { folder } = project(place);
    const cwd = 'project';
    await place.execute(place.node, ['../node_modules/npm/bin/npm-cli.js', 'install', place.tarball], { cwd });
    checkNoBinary(join(folder, 'node_modules'));
    await place.probe('installed', place.node, ['program.mjs'], { cwd });
  },
};

const pnpm: Row = {
  ...base,
  name: 'pnpm',
  host: 'pnpm 12.21.0',
  what: '`pnpm add`',
  tools: { pnpm: '12.21.0' },
  async run(place) {
    const { folder, env } = project(place);
    const cwd = 'project';
    await place.execute(place.tool('pnpm'), ['add', place.tarball], { cwd, env });
    checkNoBinary(join(folder, 'node_modules'));
    await place.probe('installed', place.node, ['program.mjs'], { cwd });
  },
};

const yarnClassic: Row = {
  ...base,
  name: 'yarn-classic',
  host: 'yarn 1.22.22',
  what: '`yarn add`',
  tools: { yarn: '1.22.22' },
  async run(place) {
    const { folder, env } = project(place);
    const cwd = 'project';
    await place.execute(place.node, ['../node_modules/yarn/bin/yarn.js', 'add', `file:${place.tarball}`], { cwd, env });
    checkNoBinary(join(folder, 'node_modules'));
    await place.probe('installed', place.node, ['program.mjs'], { cwd });
  },
};

const yarnPnp: Row = {
  ...base,
  name: 'yarn-pnp',
  host: 'yarn 4.18.1',
  what: "`yarn add`, Plug'n'Play",
  tools: { '@yarnpkg/cli-dist': '4.18.1' },
  async run(place) {
    const { env } = project(place);
    place.write('project/.yarnrc.yml', 'enableTelemetry: false\nenableGlobalCache: false\nnodeLinker: pnp\n');
    place.write('project/yarn.lock', '');
    const cwd = 'project';
    const yarn = ['../node_modules/@yarnpkg/cli-dist/bin/yarn.js'];
    const registry = (await place.execute('npm', ['config', 'get', 'registry'])).stdout.trim();
    const settings = { cwd, env: { ...env, YARN_NPM_REGISTRY_SERVER: registry } };
    await place.execute(place.node, [...yarn, 'add', `treadle@file:${place.tarball}`], settings);
    const loader = ['--require', './.pnp.cjs', '--loader', './.pnp.loader.mjs'];
    const chatter = /ExperimentalWarning|--import|node --trace-|DeprecationWarning: `?module.register|register\(/;
    await place.probe('installed', place.node, [...loader, 'program.mjs'], { cwd, expected: { chatter } });
  },
};

const bun: Row = {
  ...base,
  name: 'bun-install',
  host: 'bun install 1.4.5',
  what: '`bun add`, run by Node',
  tools: { [bunPackage]: '1.4.5' },
  async run(place) {
    const { folder, env } = project(place);
    const cwd = 'project';
    await place.execute(`${place.folder}/node_modules/${bunPackage}/bin/bun`, ['add', place.tarball], { cwd, env });
    checkNoBinary(join(folder, 'node_modules'));
    await place.probe('installed', place.node, ['program.mjs'], { cwd });
  },
};

export const packageManagerRows: readonly Row[] = [npm, pnpm, yarnClassic, yarnPnp, bun];
