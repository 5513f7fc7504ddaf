// Memory in use after garbage collection. Tensors that are no longer referenced are freed by then, so two such numbers
// can be compared.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type MemoryUse, memory } from '@treadle/tensor';

setFlagsFromString('--expose-gc');

/** Collects garbage now. The memory of unreferenced tensors is freed in a later iteration of the event loop. */
const collect: () => void = runInNewContext('gc');

/** Resolves in the next iteration of the event loop. */
export function nextIteration(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The memory in use after all unreferenced tensors have been collected and freed. */
export async function memoryWhenCollected(): Promise<MemoryUse> {
  for (let i = 0; i < 4; i++) {
    collect();
    await nextIteration();
  }
  return memory();
}
