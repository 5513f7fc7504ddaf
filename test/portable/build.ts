// Bundles the test files that need nothing of Node's, the packages as built in dist/, vitest's runner and fast-check into ES modules
// that any host can run: `laws.js`, which exports what laws.ts does, and for hosts with a command line `main.js` and `digest.js`.
// By hand: node test/portable/build.ts [folder] [--browser]

import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Plugin, rolldown } from 'rolldown';
import { bannerFor, hostPlugins } from '../../packages/treadle/build/bundle.ts';
import type { Platform } from '../../packages/treadle/build/seams.ts';
import { root } from '../workspace/sources.ts';
import { longRun, selectTests } from './select.ts';

export interface BuildOptions {
  /** where the files are written; made if it is not there */
  readonly folder: string;
  /** which files of the packages are chosen where they differ: those for browsers, or those for Node and hosts that resemble it */
  readonly platform: Platform;
  /** whether the laws run as often as in the long run */
  readonly isLong?: boolean;
}

/** Builds the bundle of tests, and returns the paths of the test files in it. */
export async function buildLaws({ folder, platform, isLong = false }: BuildOptions): Promise<readonly string[]> {
  const { portable } = selectTests();
  const entries = platform === 'node' ? ['laws', 'main', 'digest'] : ['laws'];
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, join(root, `test/portable/${name}.ts`)])),
    platform,
    cwd: root,
    tsconfig: false, // there, paths lead to declarations
    resolve: { conditionNames: [platform, 'import'] },
    plugins: [testsModule(portable), ...(await hostPlugins(platform))],
    transform: { define: { [longRun]: isLong ? '"1"' : 'undefined' } },
    logLevel: 'warn',
    checks: { importIsUndefined: false }, // a test reads a name that must not be exported
  });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    banner: bannerFor(platform),
  });
  await bundle.close();
  return portable;
}

/** The module 'portable-tests'. */
function testsModule(files: readonly string[]): Plugin {
  const id = '\0portable-tests';
  const entry = (file: string) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(root, file))}),`;
  return {
    name: 'portable-tests',
    resolveId: (source) => (source === 'portable-tests' ? id : undefined),
    load: (loaded) => (loaded === id ? `export const tests = {\n${files.map(entry).join('\n')}\n};` : undefined),
  };
}

if (process.argv[1] === import.meta.filename) {
  const { values, positionals } = parseArgs({ options: { browser: { type: 'boolean' } }, allowPositionals: true });
  const platform = values.browser ? 'browser' : 'node';
  const [folder = join(root, 'out/portable', platform)] = positionals;
  const isLong = process.env.TREADLE_TEST_LONG !== undefined;
  const files = await buildLaws({ folder, platform, isLong });
  console.log(`${files.length} test files in ${folder}`);
}
