// npm run pack: makes the one package that is published, in out/package, and its tarball beside it. Needs the built workspace.

import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCommand, bundleLibrary } from './bundle.ts';
import { publishedManifest, readManifest } from './manifest.ts';
import { writeTypes } from './types.ts';
import { stage, workspaceFile } from './workspace.ts';

const dist = (name: string): string => join(stage, 'dist', name);

await rm(stage, { recursive: true, force: true });
await mkdir(dist(''), { recursive: true });
const manifest = publishedManifest(await readManifest());
await Promise.all([
  bundleLibrary('node', { file: dist('index.js'), format: 'esm' }),
  bundleLibrary('node', { file: dist('index.cjs'), format: 'cjs' }),
  bundleCommand('./index.js', { file: dist('cli.js'), format: 'esm' }),
  writeTypes([dist('index.d.ts'), dist('index.d.cts')]),
  writeFile(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`),
  ...['README.md', 'LICENSE'].map((name) => copyFile(workspaceFile(name), join(stage, name))),
]);
const tarball = execFileSync('npm', ['pack', stage, '--pack-destination', join(stage, '..'), '--silent'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
process.stdout.write(`out/${tarball}`);
