// A recurrent layer: a cell applied to the steps of a sequence. A cell knows its weights and how states change from a step to the
// next; masks, direction, initial states and the results are known here.

import { isConfig, type Shape, ShapeError, type Tensor, zeros } from '@treadle/tensor';
import { defineKind, type Given, type Kind, type OptionType } from '../../config/kind.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { CarriedStates } from '../../layer/carried-states.ts';
import type { LayerDefinition } from '../../layer/define-layer.ts';
import { isLayer, sampleShape } from '../../layer/layer.ts';
import { refuseAllTensors } from '../../layer/layer-options.ts';
import { LayerWeights, type WeightOptions } from '../../layer/layer-weights.ts';
import { makeLayer } from '../../layer/make-layer.ts';
import { type Mask, maskAlong } from '../../layer/mask.ts';
import { afterSteps } from '../../layer/open-shape.ts';
import type { SeedSource } from '../../layer/seed-source.ts';
import { penaltyPerSample } from '../../regularizers/regularizer.ts';
import { regularizerOf } from '../../regularizers/regularizer-by-name.ts';
import type { SequenceOptions } from './recurrent-options.ts';
import { type CellStep, scanSteps, swapFirstAxes } from './scan-steps.ts';

/** A layer over sequences that knows its direction, so that `bidirectional` can make its opposite. */
export interface RecurrentLayer extends LayerFunction {
  /** whether the outputs of all steps are the result */
  readonly returnSequences: boolean;
  /** whether the last states are further results */
  readonly returnState: boolean;
  /** whether it goes from the last step to the first */
  readonly goBackwards: boolean;
  /** Sets the states that a stateful layer carries to zero. */
  resetStates(): void;
  /** A new layer with the same options and the opposite direction. */
  reversed(): RecurrentLayer;
}

/** Whether x is a recurrent layer. */
export function isRecurrentLayer(x: unknown): x is RecurrentLayer {
  return isLayer(x) && 'reversed' in x;
}

/** The type of an option that holds a recurrent layer. */
export const recurrentLayerType: OptionType<RecurrentLayer> = {
  kind: 'function',
  read: (value, nested) => {
    const made = isConfig(value) ? nested(value, 'recurrent layer') : undefined;
    return isRecurrentLayer(made) ? made : undefined;
  },
};

/** A weight of a cell: its shape, its initializer and what else belongs to it. */
export interface CellWeight extends WeightOptions {
  readonly shape: Shape;
}

/** What a recurrent layer needs to know of its cell. */
export interface Cell {
  readonly kind: string;
  /** the sizes of the states, each [batch, size] */
  readonly stateSizes: readonly number[];
  /** the size of a step's output; undefined if the output is the first state */
  readonly outputSize: number | undefined;
  /** the axes that a step must have, such as ['features']; undefined if it may have any */
  readonly axes: readonly string[] | undefined;
  /** where its random numbers come from; none by default */
  readonly sources?: readonly SeedSource[];
  /** The weights by their names, for steps of that shape. */
  weights(step: Shape): Readonly<Record<string, CellWeight>>;
  /** The loop over x [steps, batch, …]: what the steps take, and the step, both with these weights. */
  begin(x: Tensor, weights: LayerWeights, training: boolean): { readonly x: Tensor; readonly step: CellStep };
}

/**
 * The kind of recurrent layer of a definition, with one argument. `cellOf` gives the cell of a layer with this argument and these
 * options.
 */
export function defineRecurrentLayer<F, O extends SequenceOptions>(
  definition: LayerDefinition<[NoInfer<F>], NoInfer<O>>,
  cellOf: (first: F, options: O) => Cell,
): Kind<[F], O, RecurrentLayer> {
  const { kind, instead } = definition;
  const make = (given: Given<O>, first: F, options: O): RecurrentLayer =>
    recurrentLayer(cellOf(first, options), given, (goBackwards) => {
      const inDirection = { ...options, goBackwards };
      return make({ options: inDirection, data: { ...given.data, goBackwards } }, first, inDirection);
    });
  return defineKind<[F], O, RecurrentLayer>(definition, {
    makes: 'recurrent layer',
    refuse: (values) => refuseAllTensors(kind, values, instead),
    make,
  });
}

/**
 * x [batch, steps, …] → [batch, n], or [batch, steps, n]. Further inputs are the initial states, [batch, size] each; by default zeros, or
 * the carried states of a stateful layer. `again` makes a layer with the same options and that direction.
 */
function recurrentLayer(
  cell: Cell,
  given: Given<SequenceOptions>,
  again: (goBackwards: boolean) => RecurrentLayer,
): RecurrentLayer {
  const { options } = given;
  const { kind, stateSizes } = cell;
  const { returnSequences = false, returnState = false, goBackwards = false, zeroOutputForMask = false } = options;
  const outputSize = cell.outputSize ?? stateSizes[0] ?? 0;
  const activityRegularizer = regularizerOf(options.activityRegularizer);
  const weights = new LayerWeights();
  const carried = options.stateful ? new CarriedStates(kind, stateSizes) : undefined;
  const make = weightMaker(cell, weights);
  const resetStates = (): void => carried?.reset();
  const made = makeLayer(kind, given, {
    weights,
    ...(cell.sources && { sources: cell.sources }),
    needs: afterSteps,
    buildAll: (shapes) => {
      const steps = make(shapes);
      const states = returnState ? stateSizes.map((size) => [size]) : [];
      return [returnSequences ? [steps, outputSize] : [outputSize], ...states];
    },
    callAll: (xs, { training, masks = [], addLoss }) => {
      make(xs.map((x) => sampleShape(kind, x)));
      const [input, ...states0] = xs;
      if (!input) throw new Error(`internal: ${kind} was built without an input`);
      const batch = input.shape[0] ?? 1;
      const own = carried?.of(batch);
      const initial = states0.length > 0 ? states0 : own;
      const { x, step } = cell.begin(swapFirstAxes(input), weights, training);
      const { output, states } = scanSteps(step, {
        x,
        initial: initial ?? stateSizes.map((size) => zeros([batch, size])),
        mask: maskOfSteps(kind, masks[0], input),
        goBackwards,
        returnSequences,
        zeroOutputForMask,
        // before the first valid step the output is 0, whatever the first state is
        outputSize: masks[0] && initial ? outputSize : cell.outputSize,
      });
      carried?.carry(states);
      if (activityRegularizer) addLoss?.(penaltyPerSample(activityRegularizer, output));
      return returnState ? [output, ...states] : [output];
    },
    resetStates,
    outputMask: (_, [mask]) => (returnSequences && goBackwards ? mask?.flip(1) : returnSequences ? mask : undefined),
  });
  return Object.assign(made, {
    returnSequences,
    returnState,
    goBackwards,
    resetStates,
    reversed: () => again(!goBackwards),
  });
}

/** Makes the variables for inputs of these shapes; returns the number of steps. Throws ShapeError for shapes that do not fit. */
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

/** A mask as [batch, steps, 1]. Throws ShapeError for a mask of another size. */
function maskOfSteps(kind: string, mask: Mask, x: Tensor): Mask {
  return mask && maskAlong(kind, mask, x).reshape([...x.shape.slice(0, 2), 1]);
}

function isEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
