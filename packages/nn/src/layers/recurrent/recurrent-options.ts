// The options of recurrent layers: those of all of them, about sequences and states, and those of layers and cells with kernels.

import type { Activation } from '../../activations/activation.ts';
import type { ActivationName } from '../../activations/activation-by-name.ts';
import type { OptionTypes } from '../../config/kind.ts';
import { activation, regularizer } from '../../config/option-types.ts';
import { flag, number } from '../../config/plain-types.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import {
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightTypes,
} from '../../layer/weight-options.ts';

/** The options of every recurrent layer. */
export interface SequenceOptions extends LayerOptions {
  /** a penalty on the layer's result, per sample; none by default */
  readonly activityRegularizer?: RegularizerOption;
  /** whether the outputs of all steps are the result, [batch, steps, units], or only that of the last; false by default */
  readonly returnSequences?: boolean | undefined;
  /** whether the last states are further results; false by default */
  readonly returnState?: boolean | undefined;
  /** whether steps are taken from the last to the first, and outputs come in that order; false by default */
  readonly goBackwards?: boolean | undefined;
  /**
   * whether the output of a step that a mask leaves out is 0. Otherwise it is that of the step before, 0 before the first valid step;
   * false by default
   */
  readonly zeroOutputForMask?: boolean | undefined;
  /**
   * whether a call begins with the states that the call before it ended with, row by row, in training and in inference, until
   * resetStates(). All batches must then have one size; false by default
   */
  readonly stateful?: boolean | undefined;
}

export const sequenceTypes: OptionTypes<SequenceOptions> = {
  ...layerTypes,
  activityRegularizer: regularizer,
  returnSequences: flag,
  returnState: flag,
  goBackwards: flag,
  zeroOutputForMask: flag,
  stateful: flag,
};

/** The options of cells with kernels, in a layer or alone. */
export interface KernelCellOptions {
  /** the activation of the new state; 'tanh' by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** whether a bias is added; true by default */
  readonly useBias?: boolean | undefined;
  /** the first value of the kernel of the input; 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerOption;
  /** the first value of the kernel of the state; 'orthogonal' by default */
  readonly recurrentInitializer?: InitializerOption;
  /** the first value of the bias; 'zeros' by default */
  readonly biasInitializer?: InitializerOption;
  /** a penalty on the kernel of the input; none by default */
  readonly kernelRegularizer?: RegularizerOption;
  /** a penalty on the kernel of the state; none by default */
  readonly recurrentRegularizer?: RegularizerOption;
  /** a penalty on the bias; none by default */
  readonly biasRegularizer?: RegularizerOption;
  /** applied to the kernel of the input after each update; none by default */
  readonly kernelConstraint?: ConstraintOption;
  /** applied to the kernel of the state after each update; none by default */
  readonly recurrentConstraint?: ConstraintOption;
  /** applied to the bias after each update; none by default */
  readonly biasConstraint?: ConstraintOption;
}

export const kernelCellTypes: OptionTypes<KernelCellOptions> = {
  activation,
  useBias: flag,
  ...weightTypes('kernel'),
  ...weightTypes('recurrent'),
  ...weightTypes('bias'),
};

/** The options of a cell with gates. */
export interface GatedCellOptions extends KernelCellOptions {
  /** the activation of the gates; 'sigmoid' by default */
  readonly recurrentActivation?: ActivationName | Activation | undefined;
}

export const gatedCellTypes: OptionTypes<GatedCellOptions> = { ...kernelCellTypes, recurrentActivation: activation };

/** The options of recurrent layers with kernels. */
export interface RecurrentOptions extends SequenceOptions, KernelCellOptions {
  /** the share of the inputs that is set to 0 in training, the same at every step; 0 by default */
  readonly dropout?: number | undefined;
  /** the share of the carried state that is set to 0 in training, the same at every step; 0 by default */
  readonly recurrentDropout?: number | undefined;
  /** makes both dropouts depend on this seed and on the number of calls alone; by default they follow setSeed */
  readonly seed?: number | undefined;
}

export const recurrentTypes: OptionTypes<RecurrentOptions> = {
  ...sequenceTypes,
  ...kernelCellTypes,
  dropout: number,
  recurrentDropout: number,
  seed: number,
};
