// Freezing: training does not change the variables of a layer whose `trainable` is false. It is read at every step, so that it may change
// between two trainings, and during one.

import type { Variable } from '@treadle/tensor';
import type { Layer } from './layer.ts';

/** The variables that an optimizer moves: not those of frozen inner layers. */
export function trainableVariablesOf(layer: Layer): readonly Variable[] {
  const frozen = new Set(frozenVariables(layer));
  return layer.variables.filter((v) => !frozen.has(v));
}

function frozenVariables(layer: Layer): readonly Variable[] {
  if (layer.trainable === false) return layer.variables;
  return [...layer.variables.filter((v) => !v.trainable), ...(layer.layers ?? []).flatMap(frozenVariables)];
}

/** A text that is equal if and only if the same layers and variables are frozen. */
export function freezingOf(layer: Layer): string {
  const own = layer.variables.map((v) => (v.trainable ? '+' : '-')).join('');
  return `${layer.trainable === false ? 'frozen' : ''}${own}(${(layer.layers ?? []).map(freezingOf).join(',')})`;
}

/** The property `trainable` of a layer; assigning it assigns that of inner layers. Throws RangeError unless it is a boolean. */
export interface Freezable {
  trainable: boolean;
}

/** The property of a layer with these inner layers. */
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
