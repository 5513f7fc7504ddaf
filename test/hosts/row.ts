// A row of the table of supported hosts.

import type { Tools } from './cache.ts';
import type { Place } from './place.ts';

/** The parts of the table, in its order. */
export const groups = [
  'Runtimes',
  'Bundlers',
  'Test runners',
  'Threads and processes',
  'Restricted',
  'Package managers',
  'Types',
] as const;

/** A host, and how it is tried. */
export interface Row {
  /** its name on the command line */
  readonly name: string;
  readonly group: (typeof groups)[number];
  /** the host, with its version */
  readonly host: string;
  /** what is run there */
  readonly what: string;
  /** how many threads compute, in words */
  readonly threads: string;
  /** whether it is among the rows that run with every change */
  readonly isQuick?: boolean;
  readonly tools?: Tools;
  /** the version of Node */
  readonly node?: string;
  /** whether npm installs the package; true by default */
  readonly isInstalled?: boolean;
  /** why the row cannot run on this machine; undefined where it can */
  readonly obstacle?: () => string | undefined;
  /** Runs the host; throws where it does anything else than the row says. */
  run(place: Place): Promise<void>;
}
