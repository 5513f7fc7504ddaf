// A binding: the values that a plan reads and writes in one run.

import type { Source, Storage } from '@treadle/graph';
import type { StoredValue } from '../values/stored-value.ts';

/** What a plan is bound to for one run. */
export interface Binding {
  /** by source of the capture */
  readonly sources: readonly Source[];
  /** by index of the sources of kind 'argument' */
  readonly args: readonly StoredValue[];
  /** the rows of the arguments, for a plan with a dynamic batch; by default the most */
  readonly rows?: number;
  /** by root: the variable's value that it assigns, if it assigns one */
  readonly targets: readonly (StoredValue | undefined)[];
}

/** Holds all values of a binding until the returned function is called. */
export function holdValues({ sources, args, targets }: Binding): () => void {
  const read: Storage[] = [...args];
  for (const source of sources) {
    if (source.kind === 'stored') read.push(source.storage);
    else if (source.kind === 'variable') read.push(source.state.storage);
  }
  const written = targets.filter((target) => target !== undefined);
  for (const value of read) value.hold();
  for (const value of written) value.willBeWritten();
  return () => {
    for (const value of read) value.letGo();
    for (const value of written) value.wasWritten();
  };
}
