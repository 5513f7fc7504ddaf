// The error of a file whose metadata does not describe a model.

import { show } from '@treadle/tensor';

/** The error about a part of the metadata that does not have its form. */
export function wrongMetadata(what: string, got: unknown): RangeError {
  return new RangeError(`loadModel: the metadata must describe a model; got ${show(got)} for ${what}`);
}
