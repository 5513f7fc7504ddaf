// The versions of Node.js that tests of whole processes run under.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** This Node, and every other one on the path that the engine supports. */
export const nodes: Map<string, string> = new Map([[process.version, process.execPath]]);
for (const folder of (process.env.PATH ?? '').split(delimiter)) {
  const path = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(path)) continue;
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  if (Number.parseInt(version.slice(1), 10) >= 20 && !nodes.has(version)) nodes.set(version, path);
}
