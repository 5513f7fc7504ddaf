// Installs the packages that only one part of the bench needs, on first use. They are in a package.json of their own,
// so users of the other benches do not have to install them.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Installs the packages of `bench/<name>/package.json` in that folder, unless the exact versions are installed already.
 */
export function install(name: string): void {
  const folder = fileURLToPath(new URL(`${name}/`, import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  const isInstalled = (dependency: string, version: string): boolean => {
    const manifest = `${folder}node_modules/${dependency}/package.json`;
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  };
  if (Object.entries<string>(dependencies).every(([dependency, version]) => isInstalled(dependency, version))) return;
  console.log(`installing bench/${name}/node_modules …`);
  // onnxruntime-node contains its library for the CPU; the download that is skipped here is for GPUs
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const args = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: folder, env });
}
