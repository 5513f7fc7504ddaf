// Bundles the built packages of the workspace, and what they depend on. All that is the same for every host is one ES module, the
// core. What a package names with # in its package.json is taken from a module of slots beside it, which the host fills first.
// Node below 20.19 cannot require an ES module: for it, there is a second bundle, of everything, in CommonJS.

import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type InputOptions, type OutputChunk, type OutputOptions, rolldown } from 'rolldown';
import { builtins, builtinsBanner } from './builtins.ts';
import { type Edit, editing, providing } from './edits.ts';
import { conditionsOf, type Platform, seams } from './seams.ts';
import { statementLines } from './statement-lines.ts';
import { workerCode } from './worker-code.ts';
import { workspaceFile } from './workspace.ts';

/** The platforms that the package is made for. */
export const platforms: readonly Platform[] = ['node'];

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

/**
 * Names of functions and classes stay, for messages and stack traces. What is not ASCII is escaped: V8 reads a module of single bytes
 * faster.
 */
const minified: OutputOptions = {
  comments: false,
  codeSplitting: false,
  minify: {
    compress: { keepNames: { function: true, class: true } },
    mangle: { keepNames: { function: true, class: true } },
    codegen: { asciiOnly: true },
  },
};

async function write(input: InputOptions, output: OutputOptions): Promise<OutputChunk> {
  const build = await rolldown({ ...input, plugins: [input.plugins, statementLines] });
  const written = await build.write({ ...minified, ...output });
  return written.output[0];
}

/** Writes the core: the public names of the package. It imports nothing but slots. */
export async function bundleCore(slots: string, file: string): Promise<void> {
  const { imports } = await write(
    {
      input: workspaceFile('packages/treadle/dist/index.js'),
      platform: 'neutral',
      plugins: [{ name: 'slots', resolveId: (id) => (id.startsWith('#') ? { id: slots, external: true } : null) }],
    },
    { file, format: 'esm' },
  );
  if (imports.join() !== slots) throw new Error(`build: the core must import slots only; got ${imports.join(', ')}`);
}

/** Writes the module that fills the slots with what a platform has. */
export async function bundleHost(platform: Platform, slots: string, file: string): Promise<void> {
  const isNode = platform === 'node';
  const { moduleIds } = await write(
    {
      input: 'host',
      platform,
      resolve: { conditionNames: conditionsOf(platform) },
      plugins: [
        providing('host', hostModule(slots)),
        providing('#worker', workerModule(await workerCode(platform))),
        {
          name: 'seams',
          resolveId(id, _, options) {
            if (id === slots) return { id, external: true };
            const seam = seams.find((known) => known.id === id);
            return seam ? this.resolve(seam.name, seam.from, options) : null;
          },
        },
        ...(isNode ? [editing(nodeEdits), builtins] : []),
      ],
    },
    { file, format: 'esm', banner: isNode ? builtinsBanner : '' },
  );
  const [other] = moduleIds.filter((path) => /packages[\\/]\w+[\\/]dist[\\/]index\.js$/.test(path));
  if (other)
    throw new Error(`build: a module of a host must import no package, which would be there twice; got ${other}`);
}

/** The text of a module which fills the slots: what each seam exports. */
function hostModule(slots: string): string {
  return [
    ...seams.map(({ id }, i) => `import * as seam${i} from '${id}';`),
    `import { provide } from '${slots}';`,
    `provide({ ${seams.map((_, i) => `...seam${i}`).join(', ')} });`,
  ].join('\n');
}

/** Writes the module of slots: variables, named as what the modules for Node export, and `provide`, which sets them. */
export async function writeSlots(file: string): Promise<void> {
  const paths = seams.map(({ name, from }) => createRequire(from).resolve(name));
  const modules = await Promise.all(paths.map((path): Promise<object> => import(pathToFileURL(path).href)));
  const names = modules.flatMap((module) => Object.keys(module));
  const [twice] = names.filter((name, i) => names.indexOf(name) < i);
  if (twice) throw new Error(`build: ${twice} must be exported by one of the modules that hosts choose; got two`);
  const list = names.join(', ');
  await writeFile(file, `export let ${list};\nexport function provide(given) {\n\t({ ${list} } = given);\n}\n`);
}

/** Writes everything as one CommonJS module, for Node. Returns the paths of the modules in it. */
export async function bundleCommonJs(file: string): Promise<readonly string[]> {
  const { moduleIds } = await write(
    {
      input: workspaceFile('packages/treadle/dist/index.js'),
      platform: 'node',
      resolve: { conditionNames: conditionsOf('node') },
      plugins: [providing('#worker', workerModule(await workerCode('node'))), editing(nodeEdits)],
    },
    { file, format: 'cjs' },
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

function workerModule(code: string): string {
  return `export const worker = ${JSON.stringify(code)};`;
}
