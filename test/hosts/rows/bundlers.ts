// A server that a bundler has made into few files. What was installed is removed before they run, so all that they need must have
// travelled with them, the code of the workers included.

import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../place.ts';
import { commonJsProgram, moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';
import { bunPackage } from './runtimes.ts';

const esbuildVersion = '0.28.2';

function writePrograms(place: Place): void {
  place.write('program.mjs', moduleProgram);
  place.write('program.cjs', commonJsProgram);
}

/** Runs files that a bundler has written, each in Node, with nothing else in reach. */
async function runBundles(place: Place, files: readonly string[]): Promise<void> {
  place.removeInstalled();
  for (const file of files) await place.probe(file, place.node, [file]);
}

const esbuild: Row = {
  name: 'esbuild',
  group: 'Bundlers',
  host: `esbuild ${esbuildVersion}`,
  what: 'to ES modules and CommonJS, minified, in chunks',
  threads: 'all',
  isQuick: true,
  tools: { esbuild: esbuildVersion },
  async run(place) {
    writePrograms(place);
    place.write('lazy.mjs', `setTimeout(() => import('./program.mjs'), 10);\n`);
    const build = (from: string, ...options: string[]) =>
      place.execute(place.tool('esbuild'), [from, '--bundle', '--platform=node', '--log-level=warning', ...options]);
    const written = [
      await build('program.mjs', '--format=esm', '--outfile=out/esm.mjs'),
      await build('program.mjs', '--format=esm', '--minify', '--outfile=out/esm-min.mjs'),
      await build('program.mjs', '--format=cjs', '--outfile=out/cjs.cjs'),
      await build('program.cjs', '--format=cjs', '--minify', '--outfile=out/cjs-min.cjs'),
      await build('lazy.mjs', '--format=esm', '--splitting', '--outdir=out/chunks', '--out-extension:.js=.mjs'),
    ];
    checkSilent(written.map(({ stderr }) => stderr).join(''));
    await runBundles(place, [
      'out/esm.mjs',
      'out/esm-min.mjs',
      'out/cjs.cjs',
      'out/cjs-min.cjs',
      'out/chunks/lazy.mjs',
    ]);
  },
};

const rollup: Row = {
  name: 'rollup',
  group: 'Bundlers',
  host: 'rollup 4.68.7',
  what: 'to ES modules and CommonJS, minified',
  threads: 'all',
  tools: {
    rollup: '4.68.7',
    '@rollup/plugin-node-resolve': '16.0.3',
    '@rollup/plugin-commonjs': '29.0.3',
    '@rollup/plugin-terser': '1.0.2',
  },
  async run(place) {
    writePrograms(place);
    place.write(
      'rollup.config.mjs',
      `
import commonjs from '@rollup/plugin-commonjs';
import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
const plugins = [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs()];
const onwarn = (warning) => { throw new Error('rollup warns: ' + warning.message); };
const output = (format, file, more = []) => ({ format, file: 'out/' + file, plugins: more, inlineDynamicImports: true });
export default [
  { input: 'program.mjs', plugins, onwarn, output: [output('esm', 'esm.mjs'), output('esm', 'esm-min.mjs', [terser()]), output('cjs', 'cjs.cjs')] },
  { input: 'program.cjs', plugins, onwarn, output: [output('cjs', 'cjs-min.cjs', [terser()])] },
];
`,
    );
    await place.execute(place.tool('rollup'), ['--config', 'rollup.config.mjs', '--silent']);
    await runBundles(place, ['out/esm.mjs', 'out/esm-min.mjs', 'out/cjs.cjs', 'out/cjs-min.cjs']);
  },
};

const vite: Row = {
  name: 'vite',
  group: 'Bundlers',
  host: 'vite 8.3.8',
  what: 'for SSR, with `noExternal`, minified',
  threads: 'all',
  tools: { vite: '8.3.8' },
  async run(place) {
    writePrograms(place);
    for (const minify of [false, true]) {
      const outDir = minify ? 'minified' : 'plain';
      place.write(
        'vite.config.mjs',
        `export default {
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: { ssr: 'program.mjs', minify: ${minify}, outDir: '${outDir}', rolldownOptions: { output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' } } },
};
`,
      );
      const { stderr } = await place.execute(place.tool('vite'), ['build']);
      checkSilent(stderr);
    }
    await runBundles(place, ['plain/program.mjs', 'minified/program.mjs']);
  },
};

const webpack: Row = {
  name: 'webpack',
  group: 'Bundlers',
  host: 'webpack 5.112.2',
  what: 'to ES modules and CommonJS, for production and development',
  threads: 'all',
  isQuick: true,
  tools: { webpack: '5.112.2', 'webpack-cli': '7.3.1' },
  async run(place) {
    writePrograms(place);
    place.write(
      'webpack.config.cjs',
      `
const path = require('node:path').join(__dirname, 'out');
module.exports = [
  { name: 'esm', mode: 'production', target: 'node', entry: './program.mjs', experiments: { outputModule: true }, output: { path, filename: 'esm.mjs', module: true } },
  { name: 'cjs', mode: 'production', target: 'node', entry: './program.cjs', output: { path, filename: 'cjs.cjs' } },
  { name: 'development', mode: 'development', target: 'node', entry: './program.mjs', output: { path, filename: 'development.cjs' } },
];
`,
    );
    const { stdout } = await place.execute(place.tool('webpack'), [
      '--config',
      'webpack.config.cjs',
      '--stats',
      'errors-warnings',
    ]);
    if (/warning/i.test(stdout.replaceAll(/with no warnings/g, '')))
      throw new Error(`webpack must not warn; got ${stdout}`);
    await runBundles(place, ['out/esm.mjs', 'out/cjs.cjs', 'out/development.cjs']);
  },
};

const bunBuild: Row = {
  name: 'bun-build',
  group: 'Bundlers',
  host: 'bun build 1.4.5',
  what: 'for Node, to ES modules and CommonJS, minified',
  threads: 'all',
  tools: { [bunPackage]: '1.4.5' },
  async run(place) {
    writePrograms(place);
    const bun = `${place.folder}/node_modules/${bunPackage}/bin/bun`;
    const build = (from: string, to: string, ...options: string[]) =>
      place.execute(bun, ['build', from, '--target=node', `--outfile=out/${to}`, ...options]);
    await build('program.mjs', 'esm.mjs');
    await build('program.mjs', 'esm-min.mjs', '--minify');
    await build('program.cjs', 'cjs.cjs', '--format=cjs');
    await runBundles(place, ['out/esm.mjs', 'out/esm-min.mjs', 'out/cjs.cjs']);
  },
};

const ncc: Row = {
  name: 'ncc',
  group: 'Bundlers',
  host: '@vercel/ncc 0.45.0',
  what: 'to ES modules and CommonJS, minified',
  threads: 'all',
  tools: { '@vercel/ncc': '0.45.0' },
  async run(place) {
    writePrograms(place);
    const build = (...args: string[]) => place.execute(place.tool('ncc'), ['build', ...args, '--quiet']);
    await build('program.mjs', '--out', 'out/esm');
    await build('program.cjs', '--out', 'out/cjs');
    await build('program.cjs', '--out', 'out/min', '--minify');
    await runBundles(place, ['out/esm/index.mjs', 'out/cjs/index.cjs', 'out/min/index.cjs']);
  },
};

const sea: Row = {
  name: 'sea',
  group: 'Bundlers',
  host: 'single executable of Node 26.10.0',
  what: 'a CommonJS bundle of esbuild, by `--experimental-sea-config`',
  threads: 'all',
  tools: { esbuild: esbuildVersion, postject: '1.0.0-alpha.6' },
  async run(place) {
    place.write('program.cjs', commonJsProgram);
    const bundle = ['program.cjs', '--bundle', '--platform=node', '--format=cjs', '--minify', '--outfile=bundle.cjs'];
    await place.execute(place.tool('esbuild'), [...bundle, '--log-level=warning']);
    place.write(
      'sea.json',
      JSON.stringify({ main: 'bundle.cjs', output: 'sea.blob', disableExperimentalSEAWarning: true }),
    );
    await place.execute(place.node, ['--experimental-sea-config', 'sea.json']);
    await place.execute('cp', [place.node, 'app']);
    const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
    await place.execute(place.tool('postject'), ['app', 'NODE_SEA_BLOB', 'sea.blob', '--sentinel-fuse', fuse]);
    place.removeInstalled();
    renameSync(join(place.folder, 'bundle.cjs'), join(place.folder, 'gone.txt'));
    await place.probe('app', join(place.folder, 'app'), []);
  },
};

/** Throws where a bundler has written anything but its progress. */
function checkSilent(stderr: string): void {
  if (stderr.trim() !== '') throw new Error(`the bundler must not warn; got ${stderr.trim()}`);
}

export const bundlerRows: readonly Row[] = [esbuild, rollup, vite, webpack, bunBuild, ncc, sea];
