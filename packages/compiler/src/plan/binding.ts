// What a plan is bound to for one run: the values that it reads and writes.

import type { Source, Storage } from '@treadle/graph';
import type { StoredValue } from '../values/storage.ts';

/** What a run is bound to. */
export interface Binding {
  readonly sources: readonly Source[];
  /** the values of sources of kind 'argument', by their index */
  readonly args: readonly StoredValue[];
  /** how many rows the arguments have, in a plan that takes fewer than it was made for */
  readonly rows?: number;
  /** the state that each root assigns, if it does */
  readonly targets: readonly (StoredValue | undefined)[];
}

/** Holds what a run is bound to, until the function that it returns is called. */
export function holdBound({ sources, args, targets }: Binding): () => void {
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
