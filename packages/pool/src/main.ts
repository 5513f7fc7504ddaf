// From a compiled module to the function that a thread calls.

import { clock } from './clock.ts';
import { type WebAssemblyMemory, type WebAssemblyModule, webAssembly } from './webassembly.ts';

/** Byte addresses in, one of `status` out. */
export type Main = (control: number, table: number, scratch: number, thread: number) => number;

export function mainOf(module: WebAssemblyModule, memory: WebAssemblyMemory): Main {
  const { main } = new webAssembly.Instance(module, { env: { memory, clock } }).exports;
  if (!main) throw new Error('internal: a program exports main');
  return main;
}
