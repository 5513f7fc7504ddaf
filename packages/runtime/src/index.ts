// Owns the shared memory and runs plans on a team of threads.

export { host } from '#host';
export type { Block } from './memory/allocator.ts';
export { memory, mostBytes, type SharedMemory } from './memory/memory.ts';
export { clock } from './run/clock.ts';
export {
  abortOffset,
  controlBytes,
  doneOffset,
  logOffset,
  nextOffset,
  placeOffset,
  placeStride,
  sliceMilliseconds,
  status,
  timeoutOffset,
  waitersOffset,
} from './run/control-block.ts';
export { armFault, faults } from './run/fault.ts';
export type { Code, Kernels, Program, RunOptions, StepSpan, Table, Work } from './run/program.ts';
export { RunError } from './run/run-error.ts';
export { Team, type TeamOptions, team } from './run/team.ts';
export { useInstance } from './threads/instantiate.ts';
export {
  createMemory,
  type WebAssemblyInstance,
  type WebAssemblyInterface,
  type WebAssemblyMemory,
  type WebAssemblyModule,
  webAssembly,
} from './webassembly.ts';
