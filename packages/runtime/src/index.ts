// Owns the shared memory, runs programs on a team of threads, and knows the host. The compiler makes programs; this package
// does not know what they compute.

export { host } from '#host';
export type { Block } from './memory/allocator.ts';
export { memory, mostBytes, type SharedMemory } from './memory/memory.ts';
export {
  abortOffset,
  controlBytes,
  doneOffset,
  logOffset,
  nextOffset,
  sliceMilliseconds,
  status,
  threadOffset,
  threadStride,
  timeoutOffset,
  waitersOffset,
} from './run/control-block.ts';
export { armFault, faults } from './run/fault.ts';
export type { Code, KernelSpan, Kernels, Program, RunOptions, Table, Work } from './run/program.ts';
export { RunError } from './run/run-error.ts';
export { Team, type TeamOptions, team } from './run/team.ts';
export { fmaSetting, simdSetting } from './settings.ts';
export { useInstance } from './threads/instantiate.ts';
export type { Priority } from './threads/messages.ts';
export {
  createMemory,
  isMemoryShared,
  type WebAssemblyInstance,
  type WebAssemblyInterface,
  type WebAssemblyMemory,
  type WebAssemblyModule,
  webAssembly,
} from './webassembly.ts';
