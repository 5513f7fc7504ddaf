// What node-terminal.ts gives, in a browser: progress is shown as lines on the console, one for each epoch.

import type { TextStream } from './text-stream.ts';

/** Where progress is shown by default. */
export function standardError(): TextStream {
  return { write: (text: string) => console.log(text.trimEnd()) };
}

/** Whether bars can be drawn on a stream: on none. */
export function isTerminal(): boolean {
  return false;
}

export function progressBars(): never {
  throw new Error('internal: a browser has no terminal');
}
