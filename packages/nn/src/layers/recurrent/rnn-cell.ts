// What a user's own cell is: a plain object with the sizes of its states, its weights by name, and what a step does. The layer makes
// the weights, so that a cell has none itself and can be used in several layers.

import type { Shape, Tensor } from '@treadle/tensor';
import type { LayerConfig } from '../../layer/layer.ts';
import type { ConstraintOption, InitializerOption, RegularizerOption } from '../../layer/weight-options.ts';

/** A weight of a cell. */
export interface RnnCellWeight {
  /** the shape of the variable */
  readonly shape: Shape;
  /** the first value; 'glorotUniform' by default */
  readonly initializer?: InitializerOption;
  /** a penalty on the weight; none by default */
  readonly regularizer?: RegularizerOption;
  /** applied to the weight after each update; none by default */
  readonly constraint?: ConstraintOption;
  /** whether an optimizer moves it; true by default */
  readonly trainable?: boolean | undefined;
}

/** A cell whose weights have the names `W`: what one step does. */
export interface RnnCell<W extends string = string> {
  /** the size n of its state [batch, n], or those of several */
  readonly stateSize: number | readonly number[];
  /** the size n of its output [batch, n]; that of the (first) state by default */
  readonly outputSize?: number | undefined;
  /** The weights by their names, for steps x [batch, ...inputShape]: a shape, or a shape with options; none by default. */
  weights?(inputShape: Shape): Readonly<Record<W, Shape | RnnCellWeight>>;
  /**
   * A step: x [batch, ...inputShape] and the states before it → its output and the states after it. It may use these tensors and
   * tensors made before. It must neither draw random numbers nor assign variables.
   */
  call(
    x: Tensor,
    states: readonly Tensor[],
    weights: Readonly<Record<W, Tensor>>,
    options: { readonly training: boolean },
  ): readonly [output: Tensor, states: Tensor | readonly Tensor[]];
  /** the cell as plain data; cells without it cannot be saved */
  config?(): LayerConfig;
}
