// Memory in use once the garbage collector has run: what the program forgot is freed by then, so two such figures can be compared.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type MemoryUse, memory } from '@treadle/tensor';

setFlagsFromString('--expose-gc');

/** Collects garbage now. Blocks of forgotten tensors are freed in a later turn of the event loop. */
export const collect: () => void = runInNewContext('gc');

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What is in use when everything that is forgotten has been collected and freed. */
export async function memoryWhenCollected(): Promise<MemoryUse> {
  for (let i = 0; i < 4; i++) {
    collect();
    await turn();
  }
  return memory();
}
