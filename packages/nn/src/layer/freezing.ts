// Freezing: a layer whose `trainable` is false keeps its variables as they are. What is frozen is asked for whenever a model
// learns, so it may change between two trainings, and during one.

import type { Variable } from '@treadle/tensor';
import type { Layer } from './layer.ts';

/** The layer's variables that an optimizer is to move: not those of frozen layers within it. */
export function trainableVariablesOf(layer: Layer): readonly Variable[] {
  const frozen = new Set(frozenVariables(layer));
  return layer.variables.filter((v) => !frozen.has(v));
}

function frozenVariables(layer: Layer): readonly Variable[] {
  if (layer.trainable === false) return layer.variables;
  return [...layer.variables.filter((v) => !v.trainable), ...(layer.layers ?? []).flatMap(frozenVariables)];
}

/** A text that is equal whenever the same layers and variables are frozen. */
export function freezingOf(layer: Layer): string {
  const own = layer.variables.map((v) => (v.trainable ? '+' : '-')).join('');
  return `${layer.trainable === false ? 'frozen' : ''}${own}(${(layer.layers ?? []).map(freezingOf).join(',')})`;
}

/** `trainable` of a layer, whose setter sets that of the layers that it is made of as well. Throws RangeError for no boolean. */
export interface Freezable {
  trainable: boolean;
}

/** Of a layer made of these layers. */
export function freezable(kind: string, layers: () => readonly Layer[]): Freezable {
  let isTrainable = true;
  return {
    get trainable() {
      return isTrainable;
    },
    set trainable(value: boolean) {
      if (typeof value !== 'boolean') {
        throw new RangeError(`${kind}: trainable must be true or false; got ${String(value)}`);
      }
      isTrainable = value;
      for (const layer of layers()) layer.trainable = value;
    },
  };
}
