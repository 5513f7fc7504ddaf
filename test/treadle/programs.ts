// Runs programs as child processes, as a user would, under every installed Node that the engine supports.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Node executables by version: the one that runs the tests, and those of version 20 or newer on the path, outside
 * node_modules.
 */
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

/** How a program ended. `code` is the exit code or the name of the signal. */
export interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node with these arguments in a folder, by default the root of the repository, for at most 200 s. */
export function run(node: string, args: readonly string[], folder: string = root): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(node, args, { cwd: folder, timeout: 200_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.signal ?? error.code) : 0, stdout, stderr });
    });
  });
}
