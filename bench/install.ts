// Installs what a folder of the bench names in a package.json of its own, when it is asked for: nobody else needs it.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Installs the packages of `bench/<name>` there, unless they are there in their exact versions. */
export function install(name: string): void {
  const folder = fileURLToPath(new URL(`${name}/`, import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  const isThere = (dependency: string, version: string): boolean => {
    const manifest = `${folder}node_modules/${dependency}/package.json`;
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  };
  if (Object.entries<string>(dependencies).every(([dependency, version]) => isThere(dependency, version))) return;
  console.log(`installing bench/${name}/node_modules …`);
  // onnxruntime-node brings its library for the processor along; what it would fetch besides is for GPUs
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const args = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: folder, env });
}
