// A layer that applies a cell to the steps of a sequence. A cell knows its weights and how its states move from a step to the
// next; masks, order, initial states and what is returned are known here.

import { type Shape, ShapeError, type Tensor, zeros } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { KeptStates } from '../../layer/carried-states.ts';
import { type Mask, maskAlong, sampleShape } from '../../layer/layer.ts';
import { LayerWeights, type WeightOptions } from '../../layer/layer-weights.ts';
import { makeLayerOfMany } from '../../layer/make-layer.ts';
import { afterSteps } from '../../layer/open-shape.ts';
import { perSample, regularizerOf } from '../../regularizers/regularizers.ts';
import type { SequenceOptions } from './recurrent-options.ts';
import { overSteps, type Step, swapFirstAxes } from './scan-steps.ts';

/** A layer that `bidirectional` can turn around. */
export interface RecurrentLayer extends LayerFunction {
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  /** makes the states that a stateful layer keeps zeros again */
  resetStates(): void;
  /** a new layer with the same options that goes the other way */
  reversed(): RecurrentLayer;
}

/** A weight of a cell: its shape, and what else is said of it. */
export interface CellWeight extends WeightOptions {
  readonly shape: Shape;
}

export interface Cell {
  readonly kind: string;
  /** the sizes of the states, each [batch, size] */
  readonly stateSizes: readonly number[];
  /** the size of a step's output; undefined where the output is the first state */
  readonly outputSize: number | undefined;
  /** the axes of a step, where it must have some: ['features'] */
  readonly axes: readonly string[] | undefined;
  /** the weights by their names, for steps of that shape */
  weights(step: Shape): Readonly<Record<string, CellWeight>>;
  /** x [steps, batch, …] as the steps take it, and what a step does; both with these weights */
  begin(x: Tensor, weights: LayerWeights, training: boolean): { readonly x: Tensor; readonly step: Step };
}

/**
 * x [batch, steps, …] → [batch, n], or [batch, steps, n]. Further inputs are the initial states, [batch, size] each; zeros by
 * default, or what a stateful layer kept. `options` hold what the cell was made with too, for the config; `again` makes a layer with
 * the same options that goes the way that it is told.
 */
export function recurrentLayer(
  cell: Cell,
  options: SequenceOptions & Readonly<Record<string, unknown>>,
  again: (goBackwards: boolean) => RecurrentLayer,
): RecurrentLayer {
  const { kind, stateSizes } = cell;
  const { returnSequences = false, returnState = false, goBackwards = false, zeroOutputForMask = false } = options;
  const outputSize = cell.outputSize ?? stateSizes[0] ?? 0;
  const activityRegularizer = regularizerOf(options.activityRegularizer);
  const weights = new LayerWeights();
  const kept = options.stateful ? new KeptStates(kind, stateSizes) : undefined;
  const make = weightMaker(cell, weights);
  const resetStates = (): void => kept?.reset();
  const made = makeLayerOfMany({
    kind,
    options,
    weights,
    needs: afterSteps,
    buildAll: (shapes) => {
      const steps = make(shapes);
      const states = returnState ? stateSizes.map((size) => [size]) : [];
      return [returnSequences ? [steps, outputSize] : [outputSize], ...states];
    },
    callAll: (xs, { training, masks = [], addLoss }) => {
      make(xs.map((x) => sampleShape(kind, x)));
      const [input, ...given] = xs;
      if (!input) throw new Error(`internal: ${kind} was built without an input`);
      const batch = input.shape[0] ?? 1;
      const own = kept?.of(batch);
      const begun = given.length > 0 ? given : own;
      const { x, step } = cell.begin(swapFirstAxes(input), weights, training);
      const { output, states } = overSteps(step, {
        x,
        initial: begun ?? stateSizes.map((size) => zeros([batch, size])),
        mask: stepMask(kind, masks[0], input),
        goBackwards,
        returnSequences,
        zeroOutputForMask,
        // before the first step that counts the output is 0, be the first state what it may
        outputSize: masks[0] && begun ? outputSize : cell.outputSize,
      });
      kept?.keep(states);
      if (activityRegularizer) addLoss?.(perSample(activityRegularizer, output));
      return returnState ? [output, ...states] : [output];
    },
    resetStates,
    outputMask: (_, [mask]) =>
      returnSequences && mask && goBackwards ? mask.flip(1) : returnSequences ? mask : undefined,
  });
  return Object.assign(made, {
    returnSequences,
    returnState,
    goBackwards,
    resetStates,
    reversed: () => again(!goBackwards),
  });
}

/** Makes the variables for inputs of these shapes, and returns how many steps they have. Throws ShapeError for shapes that do not fit. */
function weightMaker(cell: Cell, weights: LayerWeights): (shapes: readonly Shape[]) => number {
  const { kind, stateSizes, axes } = cell;
  let known: Shape | undefined;
  return ([x = [], ...given]) => {
    const [steps = 0, ...step] = x;
    const isRight = known ? isEqual(step, known) : step.length === (axes ?? step).length;
    if (steps === 0 || !isRight) {
      const wanted = ['steps', ...(known ?? axes ?? ['…'])].join(', ');
      throw new ShapeError(`${kind}: a sample must be [${wanted}]; got [${x.join(', ')}]`);
    }
    if (
      given.length > 0 &&
      !(given.length === stateSizes.length && given.every((s, i) => isEqual(s, [stateSizes[i]])))
    ) {
      const sizes = new Set(stateSizes).size === 1 ? stateSizes.slice(0, 1) : stateSizes;
      const wanted = `${stateSizes.length} initial states ${sizes.map((size) => `[batch, ${size}]`).join(', ')}`;
      const got = given.map((shape) => `[${['batch', ...shape].join(', ')}]`).join(', ');
      throw new ShapeError(`${kind}: there must be ${wanted}, or none; got ${got}`);
    }
    known ??= step;
    for (const [name, { shape, ...about }] of Object.entries(cell.weights(step))) weights.make(name, shape, about);
    return steps;
  };
}

/** A mask as [batch, steps, 1]. Throws ShapeError for one of other sequences. */
function stepMask(kind: string, mask: Mask, x: Tensor): Mask {
  return mask && maskAlong(kind, mask, x).reshape([...x.shape.slice(0, 2), 1]);
}

function isEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
