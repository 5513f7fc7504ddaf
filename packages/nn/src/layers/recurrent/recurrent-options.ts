// The options of recurrent layers: what every one takes, about sequences and states, and what those with kernels take as well.

import type { OptionKinds } from '@treadle/tensor';
import type { Activation, ActivationName } from '../../activations/activations.ts';
import type { Constraint, ConstraintName } from '../../constraints/constraints.ts';
import type { Initializer, InitializerName } from '../../initializers/initializers.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions } from '../../layer/layer-options.ts';
import type { Regularizer, RegularizerName } from '../../regularizers/regularizers.ts';

/** What every recurrent layer takes. */
export interface SequenceOptions extends LayerOptions {
  readonly activityRegularizer?: RegularizerName | Regularizer | undefined;
  /** whether the results of all steps are given, [batch, steps, units], or that of the last; false by default */
  readonly returnSequences?: boolean | undefined;
  /** whether the last states are results as well; false by default */
  readonly returnState?: boolean | undefined;
  /** whether steps are taken from the last to the first, and results given in that order; false by default */
  readonly goBackwards?: boolean | undefined;
  /**
   * whether the result of a step that a mask leaves out is 0. Otherwise it is that of the step before it, 0 before the first
   * step that counts; false by default
   */
  readonly zeroOutputForMask?: boolean | undefined;
  /**
   * whether a call begins with the states that the one before it ended with, row by row, in training and outside of it, until
   * resetStates(); false by default. All batches must then have one size
   */
  readonly stateful?: boolean | undefined;
}

export const sequenceOptions: OptionKinds<SequenceOptions> = {
  ...layerOptions,
  activityRegularizer: 'any',
  returnSequences: 'boolean',
  returnState: 'boolean',
  goBackwards: 'boolean',
  zeroOutputForMask: 'boolean',
  stateful: 'boolean',
};

/** What cells with kernels take, in a layer or alone. */
export interface KernelCellOptions {
  /** 'tanh' by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** true by default */
  readonly useBias?: boolean | undefined;
  /** 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerName | Initializer | undefined;
  /** 'orthogonal' by default */
  readonly recurrentInitializer?: InitializerName | Initializer | undefined;
  /** 'zeros' by default */
  readonly biasInitializer?: InitializerName | Initializer | undefined;
  readonly kernelRegularizer?: RegularizerName | Regularizer | undefined;
  readonly recurrentRegularizer?: RegularizerName | Regularizer | undefined;
  readonly biasRegularizer?: RegularizerName | Regularizer | undefined;
  readonly kernelConstraint?: ConstraintName | Constraint | undefined;
  readonly recurrentConstraint?: ConstraintName | Constraint | undefined;
  readonly biasConstraint?: ConstraintName | Constraint | undefined;
}

export const kernelCellOptions: OptionKinds<KernelCellOptions> = {
  activation: 'any',
  useBias: 'boolean',
  kernelInitializer: 'any',
  recurrentInitializer: 'any',
  biasInitializer: 'any',
  kernelRegularizer: 'any',
  recurrentRegularizer: 'any',
  biasRegularizer: 'any',
  kernelConstraint: 'any',
  recurrentConstraint: 'any',
  biasConstraint: 'any',
};

export interface RecurrentOptions extends SequenceOptions, KernelCellOptions {
  /** the share of the inputs that is left out while training, the same at every step; 0 by default */
  readonly dropout?: number | undefined;
  /** the same of the state that is carried on */
  readonly recurrentDropout?: number | undefined;
  readonly seed?: number | undefined;
}

export const recurrentOptions: OptionKinds<RecurrentOptions> = {
  ...sequenceOptions,
  ...kernelCellOptions,
  dropout: 'number',
  recurrentDropout: 'number',
  seed: 'number',
};
