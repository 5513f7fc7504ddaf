// What the progress bar needs of Node.js: the terminal, and the package that draws bars. The only file of this package that knows
// Node; in browsers, browser-terminal.ts takes its place.

import { createRequire } from 'node:module';
import process from 'node:process';
import type { TextStream } from './text-stream.ts';

/** A stream on which bars can be drawn: the cursor can be moved. */
export type Terminal = NodeJS.WriteStream;

/** Where progress is shown by default. */
export function standardError(): TextStream {
  return process.stderr;
}

/** Whether bars can be drawn on a stream. */
export function isTerminal(output: TextStream): output is Terminal {
  return output.isTTY === true;
}

/** The package that draws bars, loaded when it is first asked for: most programs that import this package draw none. */
export function progressBars(): typeof import('cli-progress') {
  return createRequire(import.meta.url)('cli-progress');
}
