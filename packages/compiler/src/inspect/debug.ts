// Printing what each pass of the compiler makes. `TREADLE_DEBUG=fuse,schedule` prints the texts of these passes to stderr, for
// every plan that is made; `TREADLE_DEBUG=all` prints all of them. This is the only place that reads the variable. Without it
// no text is made. Knows nothing of the passes: each one hands over its own text.

import { host } from '@treadle/runtime';

/** The passes that can be printed, in the order in which they run. */
export const passes = ['graph', 'fuse', 'schedule', 'plan', 'wasm'] as const;

/** A pass that can be printed. */
export type Pass = (typeof passes)[number];

let printed: ReadonlySet<Pass> | undefined;

/** Prints what a pass has made, if TREADLE_DEBUG names the pass. `text` is called only then. */
export function debug(pass: Pass, title: string, text: () => string): void {
  printed ??= passesIn(host.environment('TREADLE_DEBUG'));
  if (printed.has(pass)) console.error(`── ${pass}: ${title}\n${text()}`);
}

/**
 * The passes that a comma-separated list names.
 *
 * @throws RangeError for a name that is not known.
 */
export function passesIn(list = ''): ReadonlySet<Pass> {
  const names = list.split(',').map((name) => name.trim());
  return new Set(names.flatMap((name) => (name === '' ? [] : name === 'all' ? passes : [passNamed(name)])));
}

function passNamed(name: string): Pass {
  const pass = passes.find((known) => known === name);
  if (pass) return pass;
  throw new RangeError(
    `TREADLE_DEBUG: must list passes of the compiler, separated by commas; got '${name}'; known are ${passes.join(', ')}, and all`,
  );
}
