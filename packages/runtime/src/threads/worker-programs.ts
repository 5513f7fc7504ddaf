// The programs that a worker has been sent, by their numbers. Each is instantiated when it first runs.

import type { Code } from '../run/program.ts';
import type { WebAssemblyMemory } from '../webassembly.ts';
import { instantiate, type Main } from './instantiate.ts';
import type { ProgramMessage } from './messages.ts';

/** What one worker can run. */
export class WorkerPrograms {
  readonly #memory: WebAssemblyMemory;
  readonly #programs = new Map<number, { readonly code: Code; main?: Main }>();

  constructor(memory: WebAssemblyMemory) {
    this.#memory = memory;
  }

  /** Keeps or drops what the message is about. */
  take({ id, code }: ProgramMessage): void {
    if (code) this.#programs.set(id, { code });
    else this.#programs.delete(id);
  }

  has(id: number): boolean {
    return this.#programs.has(id);
  }

  /** The function that runs the program in this thread. */
  mainOf(id: number): Main {
    const program = this.#programs.get(id);
    if (!program) throw new Error(`internal: program ${id} must be sent before it runs`);
    program.main ??= instantiate(program.code, this.#memory);
    return program.main;
  }
}
