// A plan: compiled kernels and all that they need to run except the values: the table, the intermediates, the numbers. A plan is made
// once for a fingerprint, and run for every capture that has it. The worker pool runs one plan at a time, in the order of the calls; a
// run is bound just before it begins.

import { type Code, host, type KernelSpan, type Program, type RunOptions, team } from '@treadle/runtime';
import { advanced, type Interruptible, runToEnd } from '../code/interruptible.ts';
import { keyOf, linkInParts } from '../code/link.ts';
import { debug } from '../inspect/debug.ts';
import { showTable } from '../inspect/show-table.ts';
import type { Draft } from '../schedule/draft.ts';
import { kernelsIn } from '../schedule/phase.ts';
import { beginBinding, endBinding } from '../values/backing.ts';
import { freeWaiting, freeWhenGone } from '../values/blocks.ts';
import type { StoredValue } from '../values/stored-value.ts';
import { type Binding, holdValues } from './binding.ts';
import { PlanMemory } from './plan-memory.ts';
import { programOf, refusalsIn } from './plan-program.ts';
import { type AssignedVariable, explainFailure } from './run-failure.ts';
import { layOutTable } from './table-layout.ts';

/** Is told after every run when each thread worked at each kernel. */
export type Watch = (log: readonly (readonly KernelSpan[])[]) => void;

/** A plan that can be run any number of times. */
export class Plan {
  /** by kernel: what errors and profiles call it */
  readonly names: readonly string[];
  /** by root: its output; undefined for one that assigns a variable */
  readonly outputOf: readonly (number | undefined)[];
  readonly #program: Program;
  /** what is left to do until there is code */
  readonly #linking: Interruptible<Code>;
  #code: Code | undefined;
  readonly #watch: Watch | undefined;
  readonly #assigned: readonly AssignedVariable[];
  /** the most rows of a run, if the batch is dynamic; otherwise 1 */
  readonly #rows: number;
  readonly #memory: PlanMemory;
  #holds = 0;

  /** With a `watch`, threads note when they work, and the watch is told. */
  constructor(draft: Draft, watch?: Watch) {
    const { lowered, phases, assigned, code, rows } = draft;
    this.names = kernelsIn(phases).map(({ name }) => name);
    this.outputOf = lowered.outputOf;
    this.#assigned = assigned;
    this.#rows = rows;
    this.#watch = watch;
    const isWatched = watch !== undefined;
    this.#linking = linkInParts(code, isWatched);
    const functions = new Map([...code.keys()].map((key, position) => [key, position]));
    const table = layOutTable(phases, (kernel) => functions.get(keyOf(kernel)) ?? withoutCode(), isWatched);
    debug('plan', 'phase table', () => showTable(table.words, this.names));
    this.#program = programOf(phases, table.threadBytes, () => this.#linkedCode(), isWatched);
    this.#memory = new PlanMemory(draft, table, refusalsIn(phases));
  }

  /**
   * Runs the plan and returns its outputs. Where the caller must not block, the run is asked for, and the outputs are promised values.
   *
   * @throws what a kernel refuses; then no variable has changed.
   */
  run(binding: Binding): readonly StoredValue[] {
    return host.canWait ? this.#runNow(binding) : this.#runLater(binding);
  }

  #runNow(binding: Binding): readonly StoredValue[] {
    const run = new PlannedRun(this, binding, binding.rows ?? this.#rows);
    try {
      team.run(this.#program, run, run);
    } catch (error) {
      throw explainFailure(error, this.#assigned);
    }
    return run.collected;
  }

  #runLater(binding: Binding): readonly StoredValue[] {
    const promised = this.#memory.promiseOutputs(binding.rows ?? this.#rows);
    const done = this.#runAsync(binding, promised);
    // The error of a run that assigns nothing is thrown by all that read its outputs. Nothing else tells that an assignment has failed.
    if (this.#assigned.length === 0) done.catch(() => {});
    return promised;
  }

  /** The same without blocking the event loop. The values that the run reads and writes are held from now on. */
  runAsync(binding: Binding): Promise<readonly StoredValue[]> {
    return this.#runAsync(binding, []);
  }

  async #runAsync(binding: Binding, promised: readonly StoredValue[]): Promise<readonly StoredValue[]> {
    const run = new PlannedRun(this, binding, binding.rows ?? this.#rows, promised);
    let letGo: (() => void) | undefined;
    this.hold();
    try {
      letGo = holdValues(binding);
      await team.runAsync(this.#program, run, run);
      return run.collected;
    } catch (error) {
      const explained = explainFailure(error, this.#assigned);
      run.drop(explained); // where it has failed before it was bound
      throw explained;
    } finally {
      letGo?.();
      this.letGo();
    }
  }

  /** As runAsync, but at once if no run is waiting and this one is short. */
  runSoon(binding: Binding): readonly StoredValue[] | Promise<readonly StoredValue[]> {
    return this.#code && team.isFreeFor(this.#program) ? this.#runNow(binding) : this.runAsync(binding);
  }

  /** Keeps the plan in the cache until every hold has been let go. */
  hold(): void {
    this.#holds++;
  }

  letGo(): void {
    this.#holds--;
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Bytes of the shared memory that the plan takes while it is in use. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  #linkedCode(): Code {
    this.#code ??= runToEnd(this.#linking);
    return this.#code;
  }

  /** Compiles for some milliseconds, and says whether all is compiled. */
  isCompiled(): boolean {
    if (!this.#code) {
      const kernel = advanced(this.#linking);
      if (kernel.done) this.#code = kernel.value;
    }
    return this.#code !== undefined;
  }

  /** Frees the plan's memory. It must not run again. */
  release(): void {
    team.forget(this.#program);
    this.#memory.free();
  }

  /** Binds the values of a run that is about to begin. Returns the address of the table. */
  bind(run: PlannedRun): number {
    beginBinding();
    try {
      this.#memory.enterBlock();
      this.#memory.addOutputs(run.outputs, run.rows);
      return this.#memory.bind(run.binding, run.rows, run.outputs);
    } catch (error) {
      run.drop(error);
      throw error;
    } finally {
      endBinding();
    }
  }

  /** Copies the small outputs of a run that is done, before the next run overwrites them. Throws what a kernel has refused. */
  end(run: PlannedRun, log: Parameters<Watch>[0]): void {
    freeWaiting();
    const refusal = this.#memory.refusal();
    if (refusal) {
      run.drop(refusal);
      throw refusal;
    }
    run.keep(this.#memory.collect(run.rows, run.outputs));
    this.#watch?.(log);
  }

  /** Leaves the memory of a run that has failed. With `gone`, threads may still write to it until that resolves. */
  abandon(run: PlannedRun, gone: Promise<void> | undefined): void {
    if (gone) this.#leaveMemory(gone, [...run.outputs, ...run.binding.targets]);
    else freeWaiting();
    run.drop(new Error('tensor: the run that computes a value must not fail; got a run that has failed'));
  }

  #leaveMemory(gone: Promise<void>, values: readonly (StoredValue | undefined)[]): void {
    for (const value of values) value?.leaveBlock(gone);
    const block = this.#memory.leaveBlock();
    void freeWhenGone(gone, ...(block ? [block] : []));
  }
}

function withoutCode(): never {
  throw new Error('internal: a kernel without code');
}

/** A run of a plan, as the worker pool takes it. */
class PlannedRun implements RunOptions {
  readonly binding: Binding;
  readonly rows: number;
  /** those that have blocks of their own */
  readonly outputs: (StoredValue | undefined)[] = [];
  collected: readonly StoredValue[] = [];
  readonly #plan: Plan;
  /** values that stand for the outputs until these are there */
  #promised: readonly StoredValue[];

  constructor(plan: Plan, binding: Binding, rows: number, promised: readonly StoredValue[] = []) {
    this.#plan = plan;
    this.#promised = promised;
    this.binding = binding;
    this.rows = rows;
  }

  isReady(): boolean {
    return this.#plan.isCompiled();
  }

  table(): number {
    return this.#plan.bind(this);
  }

  finish(log: Parameters<Watch>[0]): void {
    this.#plan.end(this, log);
  }

  fail(gone: Promise<void> | undefined): void {
    this.#plan.abandon(this, gone);
  }

  /** Keeps the outputs of a run that is done. */
  keep(outputs: readonly StoredValue[]): void {
    this.collected = outputs;
    this.#promised.forEach((promised, i) => {
      const output = outputs[i];
      if (output) promised.fulfil(output);
    });
    this.#promised = [];
  }

  /** Frees the outputs of a run that has failed, once. Those that were promised throw the latest error. */
  drop(error: unknown): void {
    for (const output of this.outputs.splice(0)) output?.drop();
    for (const promised of this.#promised) promised.fail(error);
  }
}
