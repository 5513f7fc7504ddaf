// What a run that failed says of the variables that it assigns: they are written in place, so once a step that writes one has
// begun, it may hold something between its old and its new value. Which steps had begun, the team knows.

import { type Shape, showShape, type VariableState } from '@treadle/graph';
import { RunError } from '@treadle/runtime';
import { isLoop, kernelsIn, type Phase } from '../schedule/step.ts';
import type { Capture } from '../trace/capture.ts';
import type { Place } from './places.ts';

/** A variable that a plan assigns, and the steps that write it. */
export interface Written {
  readonly shape: Shape;
  readonly steps: readonly number[];
}

export function writtenBy(capture: Capture, places: readonly Place[], phases: readonly Phase[]): readonly Written[] {
  const stateAt = (place: Place) => {
    if (place.kind === 'target') return capture.roots[place.root]?.target;
    const source =
      place.kind === 'source' ? capture.entries[capture.sources[place.source] ?? -1]?.node.source : undefined;
    return source?.kind === 'variable' ? source.state : undefined;
  };
  const states = places.map(stateAt);
  const writing = new Map<VariableState, number[]>();
  for (const { target } of capture.roots) if (target) writing.set(target, []);
  let step = 0;
  for (const one of phases.flat()) {
    for (const slot of one.writes) {
      const list = states[slot] && writing.get(states[slot]);
      if (list && list.at(-1) !== step) list.push(step);
    }
    step += isLoop(one) ? kernelsIn(one.phases).length : 1;
  }
  return capture.roots.flatMap(({ target }) =>
    target ? [{ shape: target.shape, steps: writing.get(target) ?? [] }] : [],
  );
}

/** The error with what became of the variables; what is no failure of a run, as it is. */
export function explainFailure(error: unknown, written: readonly Written[]): unknown {
  if (!(error instanceof RunError) || written.length === 0) return error;
  const torn = written.filter(({ steps }) => steps.some((step) => error.begun.includes(step)));
  const shapes = torn.map(({ shape }) => showShape(shape)).join(', ');
  const outcome =
    torn.length === 0
      ? 'no variable has changed'
      : `of the variables assigned, ${torn.length === written.length ? 'all' : `those of shape ${shapes}`} may hold neither their old nor their new value; assign them again`;
  return new Error(`${error.message}; ${outcome}`, { cause: error });
}
