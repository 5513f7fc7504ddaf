// The package that is published: made once, checked as a file by the tools of others, then installed from its tarball into a folder
// outside the workspace, and used there as by any program.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import * as treadle from 'treadle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodes, root } from './programs.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'treadle-')));
const installed = join(folder, 'node_modules/treadle');
/** npm is a script there. */
const isWindows = process.platform === 'win32';
let tarball = '';

/** What a program prints that runs in the folder where the package is installed. */
function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    shell: isWindows && command === 'npm',
    stdio: 'pipe',
  });
}

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

beforeAll(() => {
  const pack = [join(root, 'packages/treadle/build/pack.ts'), join(folder, 'out')];
  tarball = execFileSync(process.execPath, pack, { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  test('publint has nothing to say about it', async () => {
    const data = readFileSync(tarball);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(data).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('its types are right for every kind of import', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    expect(analysis).toMatchObject({ packageName: 'treadle', problems: [] });
  });

  test('has less than 600 kB, and 3 MB unpacked', () => {
    expect(statSync(tarball).size).toBeLessThan(600_000);
    const unpacked = filesIn(installed).reduce((bytes, path) => bytes + statSync(path).size, 0);
    expect(unpacked).toBeLessThan(3_000_000);
  });

  test('can be published: npm has nothing to correct in it', () => {
    const args = ['publish', '--dry-run', '--json', '--offline', tarball];
    const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', shell: isWindows });
    expect({ status, corrected: /correct/.test(stderr) }, stderr).toEqual({ status: 0, corrected: false });
    expect(stdout).toContain('"name": "treadle"');
  });
});

describe('what is installed', () => {
  test('is one package, without binaries and without scripts that run at install', () => {
    const packages = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(packages).toEqual(['treadle']);
    const paths = filesIn(installed);
    expect(
      paths.filter((path) => !/(\.[cm]?js|\.d\.c?ts|\.md|package\.json|LICENSE|LICENSES-OF-OTHERS)$/.test(path)),
    ).toEqual([]);
    const manifest: unknown = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const field of ['scripts', 'dependencies', 'optionalDependencies']) expect(manifest).not.toHaveProperty(field);
  });

  test('says the same of itself in the README as in the repository, and links to no file that is not there', () => {
    const text = readFileSync(join(installed, 'README.md'), 'utf8');
    expect(text).toContain('npm install treadle');
    expect([...text.matchAll(/\]\((?!https?:|#)|<img/g)]).toEqual([]);
  });

  test('no file names the workspace', () => {
    for (const path of filesIn(installed)) {
      const text = readFileSync(path, 'utf8');
      expect(text.includes(root) || text.includes('node_modules/.pnpm'), path).toBe(false);
    }
  });

  test('requires no module but those of Node, by names that no bundler misses', () => {
    for (const path of filesIn(join(installed, 'dist')).filter((file) => /\.[cm]?js$/.test(file))) {
      const named = [
        ...readFileSync(path, 'utf8').matchAll(/(?:\brequire\(|\bfrom|\bimport)\s*["'`]([\w@./:-]+)["'`]/g),
      ];
      const others = named.map(([, name = '']) => name).filter((name) => !(name.startsWith('./') || isBuiltin(name)));
      expect(others, path).toEqual([]);
    }
  });

  test('has the licence of every package whose code is in it', () => {
    const text = readFileSync(join(installed, 'LICENSES-OF-OTHERS'), 'utf8');
    for (const name of ['piscina', 'cli-progress']) expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });
});

describe.each([...nodes])('under Node %s', (_, node) => {
  const names = JSON.stringify(Object.keys(treadle).sort());
  const threads = 'const run = () => t.matmul(t.ones([512, 512]), t.ones([512, 512])).sum().item();';
  const programs = {
    import: `import * as t from 'treadle';`,
    require: `import { createRequire } from 'node:module'; const t = createRequire(import.meta.url)('treadle');`,
  };

  test.each(Object.entries(programs))('%s gives every public name', (_, prelude) => {
    const script = `${prelude} console.log(JSON.stringify(Object.keys(t).filter((name) => name !== 'default').sort()));`;
    expect(run(node, ['--input-type=module', '--eval', script]).trim()).toBe(names);
  });

  test.each(Object.entries(programs))('after %s, threads compute, and the program ends by itself', (_, prelude) => {
    const script = `${prelude} t.setThreads(2); ${threads} console.log(run(), t.threads());`;
    expect(run(node, ['--input-type=module', '--eval', script]).trim()).toBe(`${512 ** 3} 2`);
  });

  test('import and require share one engine', () => {
    const script = `${programs.require} console.log((await import('treadle')).Tensor === t.Tensor);`;
    expect(run(node, ['--input-type=module', '--eval', script]).trim()).toBe('true');
  });

  test.each([
    ['no code may be made from strings', ['--disallow-code-generation-from-strings']],
    ['intrinsics are frozen', ['--frozen-intrinsics', '--no-warnings']],
  ])('where %s, threads compute', (_, flags) => {
    const script = `${programs.import} t.setThreads(2); ${threads} console.log(run(), t.threads());`;
    expect(run(node, [...flags, '--input-type=module', '--eval', script]).trim()).toBe(`${512 ** 3} 2`);
  });

  test('names of classes and functions can be read', () => {
    const script = `${programs.import}
      try { t.matmul([[1, 2]], [[1, 2]]) } catch (e) { console.log(e.name, e.constructor.name, /at .*matmul/.test(e.stack), t.Tensor.name, t.tensor([1]).exp.name) }`;
    expect(run(node, ['--input-type=module', '--eval', script]).trim()).toBe('ShapeError ShapeError true Tensor exp');
  });

  test('a progress bar is drawn without any other package', () => {
    const script = `${programs.import}
      const model = t.sequential([t.dense(1, { inputShape: [2] })]); model.compile({ optimizer: 'sgd', loss: 'mse' });
      const output = new (await import('node:stream')).PassThrough(); output.isTTY = true; output.clearLine = output.cursorTo = () => true;
      let text = ''; output.on('data', (part) => (text += part));
      await model.fit([[1, 2]], [[1]], { epochs: 1, verbose: 0, callbacks: [t.progress(1, output)] });
      console.log(/Epoch 1\\/1/.test(text));`;
    expect(run(node, ['--input-type=module', '--eval', script]).trim()).toBe('true');
  });

  test('the command runs', () => {
    expect(run(node, [join(installed, 'dist/cli.js'), '--help'])).toContain('Usage: treadle');
  });
});
