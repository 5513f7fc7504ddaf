// The options of layers that multiply by a kernel and add a bias: dense layers and convolutions.

import type { Activation } from '../../activations/activation.ts';
import type { ActivationName } from '../../activations/activation-by-name.ts';
import type { OptionTypes } from '../../config/kind.ts';
import { activation, regularizer } from '../../config/option-types.ts';
import { flag } from '../../config/plain-types.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import {
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightTypes,
} from '../../layer/weight-options.ts';

/** Options of `kernelLayer`. */
export interface KernelLayerOptions extends LayerOptions {
  /** applied to the result: a name or a function; none by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** whether a bias is added; true by default */
  readonly useBias?: boolean | undefined;
  /** the first value of the kernel; 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerOption;
  /** the first value of the bias; 'zeros' by default */
  readonly biasInitializer?: InitializerOption;
  /** a penalty on the kernel; none by default */
  readonly kernelRegularizer?: RegularizerOption;
  /** a penalty on the bias; none by default */
  readonly biasRegularizer?: RegularizerOption;
  /** a penalty on the layer's result, per sample; none by default */
  readonly activityRegularizer?: RegularizerOption;
  /** applied to the kernel after each update; none by default */
  readonly kernelConstraint?: ConstraintOption;
  /** applied to the bias after each update; none by default */
  readonly biasConstraint?: ConstraintOption;
}

export const kernelLayerTypes: OptionTypes<KernelLayerOptions> = {
  ...layerTypes,
  activation,
  useBias: flag,
  ...weightTypes('kernel'),
  ...weightTypes('bias'),
  activityRegularizer: regularizer,
};
