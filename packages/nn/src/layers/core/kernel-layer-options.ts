// The options of layers that multiply by a kernel and add a bias: dense ones and convolutions.

import type { OptionKinds } from '@treadle/tensor';
import type { Activation, ActivationName } from '../../activations/activations.ts';
import type { Constraint, ConstraintName } from '../../constraints/constraints.ts';
import type { Initializer, InitializerName } from '../../initializers/initializers.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions } from '../../layer/layer-options.ts';
import type { Regularizer, RegularizerName } from '../../regularizers/regularizers.ts';

export interface KernelLayerOptions extends LayerOptions {
  /** a name or a function; none by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** true by default */
  readonly useBias?: boolean | undefined;
  /** 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerName | Initializer | undefined;
  /** 'zeros' by default */
  readonly biasInitializer?: InitializerName | Initializer | undefined;
  readonly kernelRegularizer?: RegularizerName | Regularizer | undefined;
  readonly biasRegularizer?: RegularizerName | Regularizer | undefined;
  /** on the layer's result, per sample */
  readonly activityRegularizer?: RegularizerName | Regularizer | undefined;
  readonly kernelConstraint?: ConstraintName | Constraint | undefined;
  readonly biasConstraint?: ConstraintName | Constraint | undefined;
}

export const kernelLayerOptions: OptionKinds<KernelLayerOptions> = {
  ...layerOptions,
  activation: 'any',
  useBias: 'boolean',
  kernelInitializer: 'any',
  biasInitializer: 'any',
  kernelRegularizer: 'any',
  biasRegularizer: 'any',
  activityRegularizer: 'any',
  kernelConstraint: 'any',
  biasConstraint: 'any',
};
