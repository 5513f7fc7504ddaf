// Seeds of layers that draw random numbers: a layer with a seed draws its own sequence, others draw from the sequence that setSeed
// starts.

/** A seed for each draw of a layer. */
export interface SeedSequence {
  (): number;
  /** how often it was called; a training that was saved goes on where it is assigned */
  drawn: number;
}

/** The options of randomUniform and randomNormal that say where numbers come from. */
export interface SeedSource {
  readonly seed?: SeedSequence;
}

/** The random numbers of a layer with that seed. Throws RangeError for a seed that is not a whole number from 0 to 2³² − 1. */
export function seedSource(kind: string, seed: number | undefined): SeedSource {
  if (seed === undefined) return {};
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new RangeError(`${kind}: a seed must be a whole number from 0 to 2³² − 1; got ${seed}`);
  }
  return { seed: seedSequence(seed) };
}

/** Another seed for each call: the first seed plus multiples of the golden ratio's fraction of 2³². */
function seedSequence(first: number): SeedSequence {
  const next = (): number => (first + Math.imul(sequence.drawn++, 0x9e3779b9)) >>> 0;
  const sequence = Object.assign(next, { drawn: 0 });
  return sequence;
}
