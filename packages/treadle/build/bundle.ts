// Bundles the built packages of the workspace, and what they depend on, into one module for a platform. What a package names with # in
// its package.json is chosen by the platform; `#worker` becomes the code of a worker.

import { type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { esmExternalRequirePlugin } from 'rolldown/plugins';
import { type Edit, editing } from './edits.ts';
import { nodeWorkerCode } from './worker-code.ts';
import { workspaceFile } from './workspace.ts';

export type Platform = 'node' | 'browser';

/** What a bundle for Node has instead of paths of files. */
const nodeEdits: readonly Edit[] = [
  // Piscina starts its threads with the code that host-node.ts gives as the task's file.
  {
    file: 'piscina/dist/index.js',
    from: "filename: (0, node_path_1.resolve)(__dirname, 'worker.js'),",
    to: 'filename: this.options.filename, eval: true,',
  },
  { file: 'piscina/dist/index.js', from: 'require("../package.json")', to: '{}' },
  // What the workspace loads on demand, and synchronously, is inside the bundle, and still evaluated on demand.
  {
    file: 'runtime/dist/host/host-node.js',
    from: "createRequire(import.meta.url)('piscina')",
    to: "require('piscina')",
  },
  {
    file: 'train/dist/callbacks/node-terminal.js',
    from: "createRequire(import.meta.url)('cli-progress')",
    to: "require('cli-progress')",
  },
];

/** Names of functions and classes stay, for messages and stack traces; so do lines, because Node prints the line of an error. */
const readable: OutputOptions = {
  comments: false,
  minify: {
    compress: { keepNames: { function: true, class: true } },
    mangle: { keepNames: { function: true, class: true } },
    codegen: { removeWhitespace: false },
  },
};

/** Writes the public names of the package, in one module without imports of other packages. */
export async function bundleLibrary(platform: Platform, output: OutputOptions): Promise<void> {
  const build = await rolldown({
    input: workspaceFile('packages/treadle/dist/index.js'),
    platform,
    resolve: { conditionNames: platform === 'browser' ? ['browser', 'import'] : ['node', 'import'] },
    plugins: [
      providing('#worker', await workerModule(platform)),
      ...(platform === 'node' ? [editing(nodeEdits)] : []),
      // A module of Node is imported, also by CommonJS: `require` in a bundle would ask other bundlers for too much.
      ...(platform === 'node' && output.format === 'esm' ? [esmExternalRequirePlugin({ external: nodeModules })] : []),
    ],
  });
  await build.write({ ...readable, ...output, codeSplitting: false });
}

/** With the prefix, and the two that cli-progress requires without it. */
const nodeModules = [/^node:/, 'events', 'readline'];

/** Writes the command line, which imports the library from the module of that name beside it. */
export async function bundleCommand(library: string, output: OutputOptions): Promise<void> {
  const build = await rolldown({
    input: workspaceFile('packages/treadle/dist/cli.js'),
    platform: 'node',
    plugins: [
      {
        name: 'library',
        resolveId: (id) => (id.startsWith('@treadle/') ? { id: library, external: true } : null),
      },
    ],
  });
  await build.write({ ...readable, ...output, banner: '#!/usr/bin/env node' });
}

async function workerModule(platform: Platform): Promise<string> {
  if (platform === 'browser') throw new Error('build: there is no worker for browsers yet');
  return `export const worker = ${JSON.stringify(await nodeWorkerCode())};`;
}

/** A plugin that puts a module with this code in the place of `name`. */
function providing(name: string, code: string): Plugin {
  return {
    name: `provide ${name}`,
    resolveId: (id) => (id === name ? name : null),
    load: (id) => (id === name ? code : null),
  };
}
