// Programs run as children, as a user would run them, under every Node at hand that the engine supports.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** The one that runs the tests, and every other one on the path outside of node_modules, from version 20 on. */
export const nodes: ReadonlyMap<string, string> = findNodes();

function findNodes(): Map<string, string> {
  const found = new Map([[process.version, process.execPath]]);
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
    if (folder.includes('node_modules') || !existsSync(path)) continue;
    const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
    if (Number.parseInt(version.slice(1), 10) >= 20 && !found.has(version)) found.set(version, path);
  }
  return found;
}

export interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(node: string, args: readonly string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(node, args, { cwd: root, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.signal ?? error.code) : 0, stdout, stderr });
    });
  });
}
