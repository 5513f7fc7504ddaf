// The error about a file that does not describe a model.

import { FormatError, show } from '@treadle/tensor';

/** The error about a part of a description that does not have its form. */
export function wrongDescription(what: string, got: unknown): FormatError {
  return new FormatError(`loadModel: the file must describe a model; got ${show(got)} for ${what}`);
}
