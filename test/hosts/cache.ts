// What hosts need beside the package, fetched once: tools of exact versions from the npm registry, and Node itself, which npm has
// as packages with one binary for each system. All of it lies in out/hosts-cache.

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Finished, runProcess } from './run-process.ts';

/** Names of packages with their exact versions. */
export type Tools = Readonly<Record<string, string>>;

/** The root of this repository. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(root, 'out', 'hosts-cache');
const download = 900;

/** The Node that runs hosts, unless a row says another one. */
export const defaultNode = '26.10.0';

/** The folder that contains the `node` of this version. */
export async function nodeFolder(version: string): Promise<string> {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${system}-${process.arch}`;
  return join(await installed({ [name]: version }), 'node_modules', name, 'bin');
}

/**
 * The environment of a host: that of this process without what npm and this repository add to it, so that no file of the repository
 * is found by its name.
 */
export function cleanEnvironment(nodeBin?: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      value !== undefined &&
      !/^(npm_(?!config_registry$)|NODE_(?!EXTRA_CA_CERTS$)|VITEST|TREADLE_|INIT_CWD$|COREPACK|FORCE_COLOR$)/.test(name)
    )
      env[name] = value;
  }
  const folders = (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !folder.startsWith(root) && !/node_modules|node-gyp-bin/.test(folder));
  return {
    ...env,
    PATH: [...(nodeBin === undefined ? [] : [nodeBin]), ...folders].join(':'),
    NO_COLOR: '1',
    npm_config_cache: join(cache, 'npm'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_prefer_offline: 'true',
    npm_config_loglevel: 'error',
  };
}

/** The folder into which npm has installed these packages; installs them where this has not been done before. */
export async function installed(tools: Tools): Promise<string> {
  const text = JSON.stringify(Object.entries(tools).sort());
  const names = Object.keys(tools)
    .join('+')
    .replaceAll(/[^\w+.-]/g, '_')
    .slice(0, 60);
  const folder = join(cache, 'tools', `${names}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ private: true, dependencies: tools }));
  const npm = await runProcess('npm', ['install'], { cwd: unfinished, env: cleanEnvironment(), seconds: download });
  checkEnded(npm, `npm install of ${text}`);
  renameSync(unfinished, folder);
  return folder;
}

/** Throws unless the process ended by itself, with code 0. */
export function checkEnded({ code, stdout, stderr, seconds }: Finished, what: string): void {
  if (code === 0) return;
  const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n    ');
  throw new Error(`${what} must end with code 0; got ${code} after ${seconds.toFixed(1)} s\n    ${tail}`);
}

/** Copies a folder by links to its files, which takes no space; hidden files, which tools rewrite in place, are copied. */
export function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (entry.isDirectory()) linkFolder(source, target);
    else if (entry.name.startsWith('.') || entry.name === 'package.json') copyFileSync(source, target);
    else linkOrCopy(source, target);
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target); // another file system
  }
}
