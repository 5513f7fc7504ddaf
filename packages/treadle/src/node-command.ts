// What the command line needs of Node.js: its arguments, the terminal, and files of users. The only file of this package that knows
// Node, beside its command in bin/.

import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

export { parseArgs } from 'node:util';

/** Such as v26.10.0. */
export const nodeVersion: string = process.version;

/** Writes text to the standard output. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** Writes text to the standard error output; the process will end with status 1. */
export function fail(text: string): void {
  process.stderr.write(text);
  process.exitCode = 1;
}

/** The module in the file at this path, which is run. */
export async function importFile(path: string): Promise<Record<string, unknown>> {
  return await import(pathToFileURL(resolve(path)).href);
}
