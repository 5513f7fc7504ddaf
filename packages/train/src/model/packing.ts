// The form in which a model gives its results: one tensor, a list, or an object by the names of the outputs.

import type { LayerConfig } from '@treadle/nn';
import { show, type Tensor } from '@treadle/tensor';

/** A form of results. */
export interface Packing<P> {
  /** its name in configs */
  readonly name: 'one' | 'list' | 'named';
  /** The results in this form. */
  pack(outputs: readonly Tensor[], names: readonly string[]): P;
}

export const one: Packing<Tensor> = {
  name: 'one',
  pack: ([output]) => {
    if (!output) throw new Error('internal: a model without an output');
    return output;
  },
};

export const list: Packing<readonly Tensor[]> = { name: 'list', pack: (outputs) => outputs };

export const named: Packing<Readonly<Record<string, Tensor>>> = {
  name: 'named',
  pack: (outputs, names) => Object.fromEntries(outputs.map((output, i) => [names[i], output])),
};

/** The packing that the config of a model names; one tensor by default. Throws RangeError for another name. */
export function packingOf({
  results = 'one',
}: LayerConfig): Packing<Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>> {
  const found = [one, list, named].find(({ name }) => name === results);
  if (!found) throw new RangeError(`model: results must be one, list or named; got ${show(results)}`);
  return found;
}
