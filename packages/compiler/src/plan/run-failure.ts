// What the error of a failed run says of variables. Variables are written in place, so once a kernel that writes one has begun, the
// variable may be partly written. The worker pool knows which kernels had begun.

import { type Shape, showShape, type VariableState } from '@treadle/graph';
import { RunError } from '@treadle/runtime';
import { isLoop, kernelsIn, type Phase } from '../schedule/phase.ts';
import type { Capture } from '../trace/capture.ts';
import type { SlotSpec } from './slot-spec.ts';

/** A variable that a plan assigns, and the numbers of the kernels that write it. */
export interface AssignedVariable {
  readonly shape: Shape;
  readonly kernels: readonly number[];
}

/** The variables that a plan assigns. */
export function assignedVariables(
  capture: Capture,
  specs: readonly SlotSpec[],
  phases: readonly Phase[],
): readonly AssignedVariable[] {
  const stateAt = (spec: SlotSpec) => {
    if (spec.kind === 'target') return capture.roots[spec.root]?.target;
    const source =
      spec.kind === 'source' ? capture.entries[capture.sources[spec.source] ?? -1]?.node.source : undefined;
    return source?.kind === 'variable' ? source.state : undefined;
  };
  const states = specs.map(stateAt);
  const writing = new Map<VariableState, number[]>();
  for (const { target } of capture.roots) if (target) writing.set(target, []);
  let kernel = 0;
  for (const one of phases.flat()) {
    for (const slot of one.writes) {
      const list = states[slot] && writing.get(states[slot]);
      if (list && list.at(-1) !== kernel) list.push(kernel);
    }
    kernel += isLoop(one) ? kernelsIn(one.phases).length : 1;
  }
  return capture.roots.flatMap(({ target }) =>
    target ? [{ shape: target.shape, kernels: writing.get(target) ?? [] }] : [],
  );
}

/** The error of a failed run, with what became of the variables. Any other error is returned as it is. */
export function explainFailure(error: unknown, written: readonly AssignedVariable[]): unknown {
  if (!(error instanceof RunError) || written.length === 0) return error;
  const torn = written.filter(({ kernels }) => kernels.some((kernel) => error.begun.includes(kernel)));
  const shapes = torn.map(({ shape }) => showShape(shape)).join(', ');
  const outcome =
    torn.length === 0
      ? 'no variable has changed'
      : `of the variables assigned, ${torn.length === written.length ? 'all' : `those of shape ${shapes}`} may hold neither their old nor their new value; assign them again`;
  return new Error(`${error.message}; ${outcome}`, { cause: error });
}
