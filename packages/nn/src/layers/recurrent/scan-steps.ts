// A cell applied to the steps of a sequence, as one loop. The loop carries the states and, if needed, the output of the step before. A
// step that a mask leaves out changes no state. Its output is that of the step before (0 before the first valid step), or 0.

import { scan, type Tensor, where, zeros } from '@treadle/tensor';
import type { Mask } from '../../layer/mask.ts';

/** x [batch, …] at one step and the states before it → its output [batch, n] and the states after it. */
export type CellStep = (x: Tensor, states: readonly Tensor[]) => readonly [output: Tensor, states: readonly Tensor[]];

export interface ScannedSequence {
  /** [steps, batch, …] */
  readonly x: Tensor;
  /** the states before the first step */
  readonly initial: readonly Tensor[];
  /** the valid steps, bool [batch, steps, 1] */
  readonly mask: Mask;
  /** whether the loop goes from the last step to the first; results come in that order */
  readonly goBackwards: boolean;
  /** whether the outputs of all steps are wanted, or only that of the last */
  readonly returnSequences: boolean;
  /** whether the output of a step that is left out is 0, not that of the step before */
  readonly zeroOutputForMask: boolean;
  /** n, the size of an output; undefined if the output is the first state, which begins with zeros */
  readonly outputSize: number | undefined;
}

interface AfterSteps {
  /** [batch, steps, n], or [batch, n] */
  readonly output: Tensor;
  readonly states: readonly Tensor[];
}

/** The results of a loop over the steps. `step` may only use its arguments, and tensors made before. */
export function scanSteps(step: CellStep, sequence: ScannedSequence): AfterSteps {
  const { x, initial, mask, goBackwards, returnSequences, outputSize } = sequence;
  const zeroes = sequence.zeroOutputForMask;
  const repeats = mask !== undefined && !(zeroes && returnSequences);
  const carriesOutput = outputSize !== undefined && (repeats || !returnSequences);
  const outputAt = carriesOutput ? initial.length : 0;
  const [carried, [all]] = scan(
    (before: readonly Tensor[], { x: at, isValid }: AtStep): readonly [readonly Tensor[], readonly Tensor[]] => {
      const [output, states] = step(at, before.slice(0, initial.length));
      const after = carriesOutput ? [...states, output] : states;
      const kept = isValid ? after.map((value, i) => isValid.where(value, before[i] ?? value)) : after;
      return [kept, returnSequences ? [(repeats && kept[outputAt]) || output] : []];
    },
    [...initial, ...(carriesOutput ? [zeros([x.shape[1] ?? 1, outputSize])] : [])],
    { x, ...(mask && { isValid: swapFirstAxes(mask) }) },
    { reverse: goBackwards },
  );
  const states = carried.slice(0, initial.length);
  if (all) {
    const y = swapFirstAxes(all);
    const output = zeroes && mask ? where(mask, y, 0) : y;
    return { output: goBackwards ? output.flip(1) : output, states };
  }
  const last = carried[outputAt];
  if (!last) throw new Error('internal: a cell has a state');
  return { output: zeroes && mask ? where(lastOf(mask, goBackwards), last, 0) : last, states };
}

/** Whether the step that comes last in the loop is valid: bool [batch, 1]. */
function lastOf(mask: Tensor, goBackwards: boolean): Tensor {
  const [batch = 1, steps = 1] = mask.shape;
  const last = goBackwards ? 0 : steps - 1;
  return mask.slice([0, last], [batch, last + 1]).squeeze(1);
}

interface AtStep {
  readonly x: Tensor;
  /** [batch, 1] */
  readonly isValid?: Tensor;
}

/** [batch, steps, …] ↔ [steps, batch, …] */
export function swapFirstAxes(x: Tensor): Tensor {
  return x.transpose([1, 0, ...x.shape.map((_, i) => i).slice(2)]);
}
