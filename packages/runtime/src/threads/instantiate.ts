// Links compiled code to the function that a thread calls. A thread instantiates a module of kernels once, for all programs
// that use it, and forgets the instance when the last of them is gone.

import { clock } from '../run/clock.ts';
import { failWhereArmed } from '../run/fault.ts';
import type { Code, Kernels } from '../run/program.ts';
import { pause } from '../run/slice.ts';
import { type WebAssemblyInstance, type WebAssemblyMemory, webAssembly } from '../webassembly.ts';

/** Runs a program: works at tiles until all are claimed. Takes byte addresses, returns one of `status`. */
export type Main = (control: number, table: number, scratch: number, thread: number) => number;

/** The instances of this thread, by the numbers of their modules. */
const instances = new Map<number, WeakRef<WebAssemblyInstance>>();
const forgotten = new FinalizationRegistry<number>((id) => {
  if (!instances.get(id)?.deref()) instances.delete(id);
});

/** Makes this thread link programs to an instance that exists already, for the module with this number. */
export function useInstance(id: number, instance: WebAssemblyInstance): void {
  instances.set(id, new WeakRef(instance));
  forgotten.register(instance, id);
}

/** The entry of a program in this thread. Throws where the modules do not fit each other. */
export function instantiate({ entry, functions }: Code, memory: WebAssemblyMemory): Main {
  const kernels = new webAssembly.Table({ element: 'anyfunc', initial: functions.length });
  functions.forEach(({ kernels: from, name }, position) => {
    const func = instanceOf(from, memory).exports[name];
    if (!func) throw new Error(`internal: a module of kernels must export ${name}`);
    kernels.set(position, func);
  });
  const { main } = new webAssembly.Instance(entry, {
    env: { memory, clock, kernels, pause, fault: () => failWhereArmed(memory) },
  }).exports;
  if (!main) throw new Error('internal: a program must export main');
  return main;
}

function instanceOf({ id, module }: Kernels, memory: WebAssemblyMemory): WebAssemblyInstance {
  const known = instances.get(id)?.deref();
  if (known) return known;
  const instance = new webAssembly.Instance(module, { env: { memory } });
  useInstance(id, instance);
  return instance;
}
