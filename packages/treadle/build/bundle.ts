// Bundles the built packages of the workspace, and what they depend on. All that is the same for every host is one ES module, the
// core. What a package names with # in its package.json is taken from a module of slots beside it, which the host fills first.
// Node below 20.19 cannot require an ES module: for it, there is a second bundle, of everything, in CommonJS.

import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type InputOptions, type OutputChunk, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { builtins, builtinsBanner } from './builtins.ts';
import { type Edit, editing, providing } from './edits.ts';
import { plainExports } from './plain-exports.ts';
import { conditionsOf, type Platform, seams } from './seams.ts';
import { statementLines } from './statement-lines.ts';
import { workerCode } from './worker-code.ts';
import { workspaceFile } from './workspace.ts';

/** Cli-progress measures text only to align it to the right or the middle; our bars stand on the left. The true module is large. */
const stringWidth = providing('string-width', 'module.exports = (text) => text.length;');

/** The platforms that the package is made for. */
export const allPlatforms: readonly Platform[] = ['node', 'browser'];

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
 * Classes and public functions keep their names, for messages and stack traces; the package is small because others do not. What is not
 * ASCII is escaped: V8 reads a module of single bytes faster.
 */
const keepNames = { function: false, class: true };
const reserved = [...(await namesIn([workspaceFile('packages/treadle/dist/index.js')]))];
const output: OutputOptions = {
  comments: false,
  codeSplitting: false,
  minify: { compress: { keepNames }, mangle: { keepNames, reserved }, codegen: { asciiOnly: true } },
};

async function write(input: InputOptions, options: OutputOptions): Promise<OutputChunk> {
  const build = await rolldown({ ...input, plugins: [input.plugins, statementLines] });
  const written = await build.write({ ...output, ...options });
  return written.output[0];
}

/** Modules of the core that a host may have a copy of, because they hold no state. Of others there must be one: a class, above all. */
const copied: readonly string[] = [workspaceFile('packages/runtime/dist/webassembly.js')];

/** Writes the core, which imports nothing but slots, and for each platform a module that fills them, and its entry. */
export async function bundleLibrary(folder: string, platforms: readonly Platform[] = allPlatforms): Promise<void> {
  const slots = './slots.js';
  const core = await bundleCore(slots, join(folder, 'core.js'));
  await Promise.all(
    platforms.map(async (platform) => {
      const host = await bundleHost(platform, slots, join(folder, `${platform}-host.js`));
      const [twice] = host.filter((path) => isAbsolute(path) && core.includes(path) && !copied.includes(path));
      if (twice) throw new Error(`build: a module must not be in the core and in a host; got ${twice}`);
      await writeFile(join(folder, `${platform}.js`), `import './${platform}-host.js';\nexport * from './core.js';\n`);
    }),
  );
  await writeSlots(join(folder, slots));
}

/** Writes the public names of the package. Returns the paths of the modules in it. */
async function bundleCore(slots: string, file: string): Promise<readonly string[]> {
  const { imports, moduleIds } = await write(
    {
      input: workspaceFile('packages/treadle/dist/index.js'),
      platform: 'neutral',
      plugins: [{ name: 'slots', resolveId: (id) => (id.startsWith('#') ? { id: slots, external: true } : null) }],
    },
    { file, format: 'esm' },
  );
  if (imports.join() !== slots) throw new Error(`build: the core must import slots only; got ${imports.join(', ')}`);
  return moduleIds;
}

/** Writes the module that fills the slots with what a platform has. Returns the paths of the modules in it. */
async function bundleHost(platform: Platform, slots: string, file: string): Promise<readonly string[]> {
  const { moduleIds } = await write(
    {
      input: 'host',
      platform,
      resolve: { conditionNames: conditionsOf(platform) },
      plugins: [
        providing(
          'host',
          filling(
            seams.map(({ id }) => id),
            slots,
          ),
        ),
        {
          name: 'slots',
          async resolveId(id, _importer, options) {
            if (id === slots) return { id, external: true };
            const seam = seams.find((known) => known.id === id);
            return seam ? this.resolve(seam.name, seam.from, options) : null;
          },
        },
        ...(await hostPlugins(platform)),
      ],
    },
    { file, format: 'esm', banner: bannerFor(platform) },
  );
  return moduleIds;
}

/** The text of a module which fills the slots with all that modules export. */
function filling(modules: readonly string[], slots: string): string {
  return [
    ...modules.map((module, i) => `import * as module${i} from ${JSON.stringify(module)};`),
    `import { provide } from '${slots}';`,
    `provide({ ${modules.map((_, i) => `...module${i}`).join(', ')} });`,
  ].join('\n');
}

/**
 * Writes the module of slots: variables, named as what modules for the host export. `provide` fills them, before the core is evaluated.
 */
async function writeSlots(file: string): Promise<void> {
  const names = await namesIn(seams.map(({ name, from }) => createRequire(from).resolve(name)));
  const [twice] = names.filter((name, i) => names.indexOf(name) < i);
  if (twice) throw new Error(`build: ${twice} must be the name of one slot; got two`);
  const list = names.join(', ');
  await writeFile(file, `export let ${list};\nexport function provide(given) {\n\t({ ${list} } = given);\n}\n`);
}

async function namesIn(paths: readonly string[]): Promise<readonly string[]> {
  const modules = await Promise.all(paths.map((path): Promise<object> => import(pathToFileURL(path).href)));
  return modules.flatMap((module) => Object.keys(module));
}

/** Writes everything as one CommonJS module, for Node. Returns the paths of the modules in it. */
export async function bundleCommonJs(file: string): Promise<readonly string[]> {
  const { moduleIds } = await write(
    {
      input: workspaceFile('packages/treadle/dist/index.js'),
      platform: 'node',
      resolve: { conditionNames: conditionsOf('node') },
      plugins: [
        providing('#worker', workerModule(await workerCode('node'))),
        editing(nodeEdits),
        stringWidth,
        plainExports,
      ],
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

/** What an ES module with the engine for a platform is bundled with: the code of its workers is inside. */
export async function hostPlugins(platform: Platform): Promise<Plugin[]> {
  const worker = providing('#worker', workerModule(await workerCode(platform)));
  return platform === 'node' ? [worker, editing(nodeEdits), stringWidth, builtins] : [worker];
}

/** What such a module begins with. */
export function bannerFor(platform: Platform): string {
  return platform === 'node' ? builtinsBanner : '';
}

function workerModule(code: string): string {
  return `export const worker = ${JSON.stringify(code)};`;
}
