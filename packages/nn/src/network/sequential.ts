// Sequential: layers one after the other, which are a graph like any other.

import type { Layer } from '../layer/layer.ts';
import { chain } from './graph.ts';
import { Network, type NetworkOptions } from './network.ts';

export class Sequential extends Network {
  /** Throws RangeError for no layers, one that is given twice, or two of one name; ShapeError for shapes that do not fit. */
  constructor(layers: readonly Layer[], options: NetworkOptions = {}) {
    super(chain(layers), options);
  }
}
