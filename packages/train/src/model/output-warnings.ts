// Mistakes that would train without an error and learn nothing, as far as layers and losses tell of them before anything is
// computed. What is certainly wrong is an error; what is probably wrong is a warning, once.

import type { Loss } from '@treadle/losses';
import type { Network } from '@treadle/nn';

/** Warnings of Node, each once. */
export class Warnings {
  readonly #given = new Set<string>();

  give(text: string): void {
    if (this.#given.has(text)) return;
    this.#given.add(text);
    process.emitWarning(text, 'TreadleWarning');
  }
}

/** Throws RangeError for an output that cannot learn; warns where the loss of an output doubts what the layers say of it. */
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
