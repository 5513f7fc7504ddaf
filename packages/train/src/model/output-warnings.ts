// Mistakes in a model that would train without an error and learn nothing, found from the ranges of outputs before anything is computed.
// A certain mistake is an error; a probable one is a warning, given once.

import type { Loss } from '@treadle/losses';
import type { Network } from '@treadle/nn';
import { warn } from '@treadle/tensor';

/** Warnings to the user, each given once. */
export class Warnings {
  readonly #given = new Set<string>();

  give(text: string): void {
    if (this.#given.has(text)) return;
    this.#given.add(text);
    warn(text, 'TreadleWarning');
  }
}

/** Throws RangeError for an output that is constant; gives the warnings of losses about the ranges of their outputs. */
export function checkOutputs(op: string, model: Network, losses: readonly Loss[], warnings: Warnings): void {
  model.outputRanges().forEach((range, i) => {
    if (!range) return;
    const name = model.outputNames[i];
    if (range.isDistribution && model.outputShapes?.[i]?.at(-1) === 1) {
      throw new RangeError(
        `${op}: an output must depend on the input; got ${range.from} of one unit at ${name}, which is always 1; sigmoid makes a probability of one unit`,
      );
    }
    const warning = losses[i]?.warningFor?.(range);
    if (warning !== undefined) warnings.give(`${warning}; at the output ${name}`);
  });
}
