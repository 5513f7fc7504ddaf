// Owns the shared memory and runs plans on a team of threads.

export type { Block } from './allocator.ts';
export { clock } from './clock.ts';
export {
  abortOffset,
  controlBytes,
  doneOffset,
  logOffset,
  nextOffset,
  patienceOffset,
  placeOffset,
  placeStride,
  sliceMilliseconds,
  status,
  waitersOffset,
} from './control.ts';
export { armFault, faults } from './fault.ts';
export { useInstance } from './main.ts';
export { memory, mostBytes, type SharedMemory } from './memory.ts';
export type { Code, Kernels, Program, RunOptions, Stint, Table, Work } from './program.ts';
export { RunError } from './run-error.ts';
export { Team, type TeamOptions, team } from './team.ts';
export {
  createMemory,
  type WebAssemblyInstance,
  type WebAssemblyInterface,
  type WebAssemblyMemory,
  type WebAssemblyModule,
  webAssembly,
} from './webassembly.ts';
