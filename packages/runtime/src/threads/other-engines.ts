// One thread of JavaScript may hold many engines: test runners load the package anew for every test file, and programs may contain
// two copies of it. An engine is not told when its copy of the package has been dropped, and threads that sleep hold its memory. So
// an engine that starts threads first ends those of engines that have run nothing since another engine started threads; an engine
// that is used again starts new ones. All copies keep one set of run descriptors, and nothing else of each other.
// Every engine of the set lives on this thread, so none can open a run while another looks at its words.

import { host } from '#host';
import { closed, firstDoorbell, othersDoorbell, runWord, seenRunWord, stopWorkers } from './run-descriptor.ts';

/** The number at the end is that of the layout of run descriptors: copies with another layout keep another set. */
const key = Symbol.for('treadle.runDescriptors.1');

/** The run descriptors of the pools that exist on this thread, of all engines. */
function descriptors(): Set<Int32Array> {
  const holder = host.sharedObject ?? globalThis;
  const known = Reflect.get(holder, key) as Set<Int32Array> | undefined;
  if (known) return known;
  const created = new Set<Int32Array>();
  Reflect.defineProperty(holder, key, { value: created }); // where that is refused, engines stay unknown to each other
  return created;
}

/** Call this before a pool with this descriptor starts threads. */
export function announce(words: Int32Array): void {
  const all = descriptors();
  for (const other of all) {
    if (isBusy(other)) continue;
    if (other[runWord] === other[seenRunWord]) {
      stopWorkers(other);
      all.delete(other);
    }
    other[seenRunWord] = other[runWord]!;
  }
  words[seenRunWord] = closed; // no run has this number
  all.add(words);
}

/** Call this when the threads of the pool with this descriptor end. */
export function withdraw(words: Int32Array): void {
  descriptors().delete(words);
}

function isBusy(words: Int32Array): boolean {
  return Atomics.load(words, firstDoorbell) !== closed || Atomics.load(words, othersDoorbell) !== closed;
}
