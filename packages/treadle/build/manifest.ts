// The package.json of the package that is published. What it says of the package is written in packages/treadle/package.json; what
// holds for the workspace only is left out.

import { readFile } from 'node:fs/promises';
import { allPlatforms } from './bundle.ts';
import { workspaceFile } from './workspace.ts';

/** package.json of packages/treadle, as far as it is used here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

/** Fields that are the same in the workspace and in the package. */
const kept = ['name', 'version', 'description', 'keywords', 'license', 'type', 'engines'];

/** Reads package.json of packages/treadle. */
export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(workspaceFile('packages/treadle/package.json'), 'utf8'));
}

/** What is published as package.json. */
export function publishedManifest(manifest: Manifest): Manifest {
  return {
    ...manifest,
    ...Object.fromEntries(
      Object.keys(manifest).map((field) => [field, kept.includes(field) ? manifest[field] : undefined]),
    ),
    sideEffects: allPlatforms.map((platform) => `./dist/${platform}-host.js`),
    bin: { treadle: 'dist/cli.js' },
    main: 'dist/index.cjs',
    types: 'dist/index.d.cts',
    exports: {
      '.': {
        browser,
        worker: browser,
        // Node 20.19, 22.12 and newer, for import and require alike: there is one engine in a process
        'module-sync': module('node.js'),
        // bundlers, for import and require alike
        module: module('node.js'),
        bun: module('node.js'),
        deno: module('node.js'),
        // older Node, and test runners that do not require ES modules
        require: commonJs,
        node: module('commonjs.mjs'),
        default: module('browser.js'),
      },
      './package.json': './package.json',
    },
  };
}

const module = (file: string) => ({ types: './dist/index.d.ts', default: `./dist/${file}` });
const commonJs = { types: './dist/index.d.cts', default: './dist/index.cjs' };
/** Test runners that play a browser in Node require CommonJS; bundlers for browsers never do. */
const browser = { module: module('browser.js'), require: commonJs, default: module('browser.js') };
