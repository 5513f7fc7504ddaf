// The package.json of the package that is published. What it says of the package is written in packages/treadle/package.json; what
// holds for the workspace only is left out.

import { readFile } from 'node:fs/promises';
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
    sideEffects: false,
    bin: { treadle: 'dist/cli.js' },
    exports: {
      '.': {
        // Node 20.19 and 22.12 or newer, for import and require alike: one engine in a process
        'module-sync': { types: './dist/index.d.ts', default: './dist/index.js' },
        require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
        default: { types: './dist/index.d.ts', default: './dist/index.js' },
      },
      './package.json': './package.json',
    },
  };
}
