// Bundles the built packages of the workspace, and what they depend on. All that is the same for every host is one ES module, the
// core. What a package names with # in its package.json is taken from a module of slots beside it, which the host fills first.
// Node below 20.19 cannot require an ES module: for it, there is a second bundle, of everything, in CommonJS.

import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type InputOptions, type OutputChunk, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { builtins, builtinsBanner } from './builtins.ts';
import { type Edit, editing } from './edits.ts';
import { browserWorkerCode, nodeWorkerCode } from './worker-code.ts';
import { workspaceFile } from './workspace.ts';

/** Where a bundle runs. */
export type Platform = 'node' | 'browser';

/** What packages name with # for the host to choose, with a module that names it. `#worker` is named by hosts only. */
const seams: Readonly<Record<string, string>> = {
  '#host': 'packages/runtime/dist/index.js',
  '#files': 'packages/data/dist/index.js',
  '#file-system': 'packages/formats/dist/index.js',
  '#terminal': 'packages/train/dist/index.js',
};

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

/** Names of functions and classes stay, for messages and stack traces. */
const named = {
  compress: { keepNames: { function: true, class: true } },
  mangle: { keepNames: { function: true, class: true } },
} as const;

/**
 * Lines stay, because Node prints the line of an error. What is
 * not ASCII is escaped: V8 reads a module of single bytes faster.
 */
const readable: OutputOptions = {
  comments: false,
  codeSplitting: false,
  minify: { ...named, codegen: { removeWhitespace: false, asciiOnly: true } },
};

async function write(input: InputOptions, output: OutputOptions): Promise<OutputChunk> {
  const build = await rolldown(input);
  const written = await build.write({ ...readable, ...output });
  return written.output[0];
}

/** Minified code with a line for each statement of the module: Node prints the line of an error, which should not be all of it. */
const statementLines: Plugin = {
  name: 'lines',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      const { code } = chunk;
      chunk.code = `${parseAst(code)
        .body.map(({ start, end }) => code.slice(start, end))
        .join('\n')}\n`;
    }
  },
};

/** Writes the core: the public names of the package. It imports nothing but slots. */
export async function bundleCore(slots: string, file: string): Promise<void> {
  const { imports } = await write(
    {
      input: workspaceFile('packages/treadle/dist/index.js'),
      platform: 'neutral',
      plugins: [{ name: 'slots', resolveId: (id) => (id in seams ? { id: slots, external: true } : null) }],
    },
    { file, format: 'esm' },
  );
  if (imports.join() !== slots) throw new Error(`build: the core must import slots only; got ${imports.join(', ')}`);
}

/** Writes the module that fills the slots with what a platform has. */
export async function bundleHost(platform: Platform, slots: string, file: string): Promise<void> {
  const isNode = platform === 'node';
  await write(
    {
      input: 'host',
      platform,
      resolve: { conditionNames: [isNode ? 'node' : 'browser', 'import'] },
      plugins: [
        providing('host', hostModule(slots)),
        providing('#worker', await workerModule(platform)),
        {
          name: 'seams',
          async resolveId(id, importer, options) {
            if (id === slots) return { id, external: true };
            const from = seams[id];
            return from && importer === 'host' ? this.resolve(id, workspaceFile(from), options) : null;
          },
        },
        ...(isNode ? [editing(nodeEdits), builtins] : []),
      ],
    },
    { file, format: 'esm', banner: isNode ? builtinsBanner : '' },
  );
}

/** The text of a module which fills the slots: what each seam exports. */
function hostModule(slots: string): string {
  const names = Object.keys(seams);
  return [
    ...names.map((name, i) => `import * as seam${i} from '${name}';`),
    `import { provide } from '${slots}';`,
    `provide({ ${names.map((_, i) => `...seam${i}`).join(', ')} });`,
  ].join('\n');
}

/** Writes the module of slots: variables, named as what the modules for Node export, and `provide`, which sets them. */
export async function writeSlots(file: string): Promise<void> {
  const hosts = Object.entries(seams).map(([name, from]) => createRequire(workspaceFile(from)).resolve(name));
  const modules = await Promise.all(hosts.map((path): Promise<object> => import(pathToFileURL(path).href)));
  const names = modules.flatMap((module) => Object.keys(module)).join(', ');
  await writeFile(file, `export let ${names};\nexport function provide(given) {\n\t({ ${names} } = given);\n}\n`);
}

/** Writes everything as one CommonJS module, for Node. Returns the paths of the modules in it. */
export async function bundleCommonJs(file: string): Promise<readonly string[]> {
  const { moduleIds } = await write(
    {
      input: workspaceFile('packages/treadle/dist/index.js'),
      platform: 'node',
      resolve: { conditionNames: ['node', 'import'] },
      plugins: [providing('#worker', await workerModule('node')), editing(nodeEdits), statementLines],
    },
    { file, format: 'cjs', minify: { ...named, codegen: { asciiOnly: true } } },
  );
  return moduleIds;
}

/** Writes the command line, which imports the library from the module of that name beside it. */
export async function bundleCommand(library: string, file: string): Promise<void> {
  await write(
    {
      input: workspaceFile('packages/treadle/dist/cli.js'),
      platform: 'node',
      plugins: [
        {
          name: 'library',
          resolveId: (id) => (id.startsWith('@treadle/') ? { id: library, external: true } : null),
        },
      ],
    },
    { file, format: 'esm', banner: '#!/usr/bin/env node' },
  );
}

async function workerModule(platform: Platform): Promise<string> {
  const code = await (platform === 'browser' ? browserWorkerCode() : nodeWorkerCode());
  return `export const worker = ${JSON.stringify(code)};`;
}

/** A plugin that puts a module with this code in the place of `name`. */
function providing(name: string, code: string): Plugin {
  return {
    name: `provide ${name}`,
    resolveId: (id) => (id === name ? name : null),
    load: (id) => (id === name ? code : null),
  };
}
