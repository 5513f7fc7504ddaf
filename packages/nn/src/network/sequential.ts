// Sequential: a network in which each layer takes the result of the layer before.

import type { Layer } from '../layer/layer.ts';
import { chain } from './graph.ts';
import { Network, type NetworkOptions } from './network.ts';

/** A network of layers in a row. Models for users are made by `sequential`, which can train them. */
export class Sequential extends Network {
  /** Throws RangeError for no layers, one that is given twice, or two of one name; ShapeError for shapes that do not fit. */
  constructor(layers: readonly Layer[], options: NetworkOptions = {}) {
    super(chain(layers), options);
  }
}
