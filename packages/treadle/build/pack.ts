// npm run pack: makes the one package that is published, in out/package, and its tarball beside it; an argument names another folder
// than out. Needs the built workspace. Prints the path of the tarball.

import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleCommand, bundleCommonJs, bundleLibrary } from './bundle.ts';
import { publishedManifest, readManifest } from './manifest.ts';
import { licencesOf } from './notices.ts';
import { publishedReadme } from './readme.ts';
import { writeTypes } from './types.ts';
import { workspaceFile } from './workspace.ts';

const out = resolve(process.argv[2] ?? workspaceFile('out'));
const stage = join(out, 'package');
const dist = (name: string): string => join(stage, 'dist', name);

await rm(stage, { recursive: true, force: true });
await mkdir(dist(''), { recursive: true });
const manifest = publishedManifest(await readManifest());
await Promise.all([
  bundleLibrary(dist('')),
  bundleCommonJs(dist('index.cjs')).then((modules) =>
    writeFile(join(stage, 'LICENSES-OF-OTHERS'), licencesOf(modules)),
  ),
  bundleCommand('./node.js', dist('cli.js')),
  writeTypes(dist('index.d.ts'), dist('index.d.cts')),
  // By name: Node does not see every name of a CommonJS module, and Bun's bundler loses what `export *` takes from one.
  import(workspaceFile('packages/treadle/dist/index.js')).then((library: object) =>
    writeFile(
      dist('commonjs.mjs'),
      `import treadle from './index.cjs';\nexport const { ${Object.keys(library).join(', ')} } = treadle;\n`,
    ),
  ),
  writeFile(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`),
  copyFile(workspaceFile('LICENSE'), join(stage, 'LICENSE')),
  readFile(workspaceFile('README.md'), 'utf8').then((text) =>
    writeFile(join(stage, 'README.md'), publishedReadme(text)),
  ),
]);
const tarball = execFileSync('npm', ['pack', stage, '--pack-destination', out, '--silent'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
process.stdout.write(join(out, tarball));
