// Which test files need nothing that Node alone has: neither they nor the modules of test/ that they import name a module of Node,
// a global of Node, or the path of their own file. Found from their syntax, so there is no list to keep.

import { dirname, join } from 'node:path';
import { factsOf, filesUnder, read } from '../workspace/sources.ts';

/** The build replaces this expression, so a file may use it where there is no `process`. */
export const longRun = 'process.env.TREADLE_TEST_LONG';

/** The test files, as paths from the root. */
export interface Selection {
  readonly portable: readonly string[];
  /** the others, and what in them, or in a module they import, is Node's */
  readonly leftOut: ReadonlyMap<string, string>;
}

/** Sorts the test files of the workspace into those that any host can run, and the others. */
export function selectTests(): Selection {
  const portable: string[] = [];
  const leftOut = new Map<string, string>();
  for (const file of filesUnder('test').filter((path) => path.endsWith('.test.ts'))) {
    const found = nodeIn(file, new Set());
    if (found === undefined) portable.push(file);
    else leftOut.set(file, found);
  }
  return { portable, leftOut };
}

/** The first thing of Node's in a file and the files of test/ that it imports. */
function nodeIn(file: string, seen: Set<string>): string | undefined {
  if (seen.has(file)) return undefined;
  seen.add(file);
  const source = read(file).replaceAll(longRun, 'undefined');
  const { imports, nodeGlobals } = factsOf(source);
  if (nodeGlobals.length > 0) return `${nodeGlobals.join(', ')} in ${file}`;
  const meta = /import\.meta\.\w+/.exec(source);
  if (meta) return `${meta[0]} in ${file}`;
  for (const { from, isType } of imports) {
    if (isType) continue;
    if (from.startsWith('node:') || from.startsWith('vitest/')) return `${from} in ${file}`;
    const found = /^\..*\.ts$/.test(from) ? nodeIn(join(dirname(file), from), seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
