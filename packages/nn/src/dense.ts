// dense: activation(x·kernel + bias), over the last axis of its input.

import { type Shape, ShapeError, type Tensor, type Variable, variable } from '@treadle/tensor';
import { type Activation, type ActivationName, activationOf } from './activations.ts';
import { type Initializer, type InitializerName, initializerOf } from './initializers.ts';
import { given, type Layer, type LayerConfig, type LayerOptions, sampleShape } from './layer.ts';
import type { Regularizer } from './regularizers.ts';

export interface DenseOptions extends LayerOptions {
  /** a name or a function; none by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** true by default */
  readonly useBias?: boolean | undefined;
  /** 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerName | Initializer | undefined;
  /** 'zeros' by default */
  readonly biasInitializer?: InitializerName | Initializer | undefined;
  readonly kernelRegularizer?: Regularizer | undefined;
}

class Dense implements Layer {
  readonly kind = 'dense';
  readonly name: string | undefined;
  readonly inputShape: Shape | undefined;
  readonly #units: number;
  readonly #options: DenseOptions;
  readonly #activate: Activation;
  readonly #initialKernel: Initializer;
  readonly #initialBias: Initializer;
  #kernel: Variable | undefined;
  #bias: Variable | undefined;

  constructor(units: number, options: DenseOptions) {
    if (!Number.isSafeInteger(units) || units < 1) {
      throw new RangeError(`dense: units must be a whole number ≥ 1; got ${units}`);
    }
    this.name = options.name;
    this.inputShape = options.inputShape;
    this.#units = units;
    this.#options = options;
    this.#activate = activationOf(options.activation ?? 'linear');
    this.#initialKernel = initializerOf(options.kernelInitializer ?? 'glorotUniform');
    this.#initialBias = initializerOf(options.biasInitializer ?? 'zeros');
  }

  get variables(): readonly Variable[] {
    return [this.#kernel, this.#bias].filter((v) => v !== undefined);
  }

  /** [..., features] → [..., units] */
  build(inputShape: Shape): Shape {
    const features = inputShape.at(-1);
    if (features === undefined) {
      throw new ShapeError(
        'dense: its input must have an axis of features beside the batch; got [batch]; reshape([-1, 1]) makes one',
      );
    }
    if (!this.#kernel) {
      this.#kernel = variable(this.#initialKernel([features, this.#units]), { name: 'kernel' });
      if (this.#options.useBias ?? true) this.#bias = variable(this.#initialBias([this.#units]), { name: 'bias' });
    }
    const known = this.#kernel.shape[0];
    if (features !== known) {
      throw new ShapeError(
        `dense: the last axis of its input must have ${known} features, as when it was built; got [batch, ${inputShape.join(', ')}]`,
      );
    }
    return [...inputShape.slice(0, -1), this.#units];
  }

  call(x: Tensor): Tensor {
    this.build(sampleShape('dense', x));
    if (!this.#kernel) throw new Error('internal: a layer that was built has no kernel');
    const product = x.matmul(this.#kernel);
    return this.#activate(this.#bias ? product.add(this.#bias) : product);
  }

  losses(): readonly Tensor[] {
    const { kernelRegularizer } = this.#options;
    return kernelRegularizer && this.#kernel ? [kernelRegularizer(this.#kernel)] : [];
  }

  /** Initializers that are functions are left out: a layer that is made again is given its weights. */
  config(): LayerConfig {
    const { activation, kernelInitializer, biasInitializer, kernelRegularizer, ...plain } = this.#options;
    if (typeof activation === 'function') {
      throw new RangeError('dense: an activation that is a function cannot be saved; a name can');
    }
    if (kernelRegularizer && kernelRegularizer.l1 === undefined && kernelRegularizer.l2 === undefined) {
      throw new RangeError('dense: a regularizer of one’s own cannot be saved; l1, l2 and l1l2 can');
    }
    return {
      kind: 'dense',
      units: this.#units,
      ...given({
        ...plain,
        activation,
        kernelInitializer: typeof kernelInitializer === 'string' ? kernelInitializer : undefined,
        biasInitializer: typeof biasInitializer === 'string' ? biasInitializer : undefined,
        kernelRegularizer: kernelRegularizer && { l1: kernelRegularizer.l1 ?? 0, l2: kernelRegularizer.l2 ?? 0 },
      }),
    };
  }
}

/**
 * activation(x·kernel + bias): [batch, ..., features] → [batch, ..., units]. Variables: kernel [features, units], bias [units].
 * Throws RangeError for units that are not a whole number ≥ 1, and for names that are unknown.
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  return new Dense(units, options);
}
