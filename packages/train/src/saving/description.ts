// The description of a saved model: the metadata of its file, as JSON under one name. It holds everything but the numbers: the graph,
// what the model was compiled with, how far random layers have drawn, and a checksum for each tensor.

import type { LayerConfig } from '@treadle/nn';
import { FormatError, isConfig, show } from '@treadle/tensor';
import type { CompileConfig } from './compile-config.ts';
import { wrongDescription } from './wrong-description.ts';

/** A saved model without its numbers. */
export interface Description {
  /** the version of Treadle that wrote it */
  readonly version: string;
  readonly model: LayerConfig;
  /** undefined for a model that was not compiled */
  readonly compile?: CompileConfig;
  /** for each layer with random numbers of its own seed, how often it has drawn; in files with the state of the optimizer */
  readonly drawn?: readonly (readonly number[])[];
  /** by the names of the tensors */
  readonly checksums: Readonly<Record<string, string>>;
}

/** The version of Treadle. */
export const version = '0.1.0';

/** The name in the metadata of a file. */
const entry = 'treadle';

/** The metadata of a file with this description. */
export function metadataOf(description: Description): Readonly<Record<string, string>> {
  return { [entry]: JSON.stringify(description) };
}

/** The description in the metadata of a file. Throws FormatError where there is none. */
export function descriptionIn(metadata: Readonly<Record<string, string>>): Description {
  const text = metadata[entry];
  if (text === undefined) {
    throw new FormatError(
      'loadModel: the file must hold a model that Treadle saved; got tensors without a description; ' +
        'loadWeights puts them into a model, loadTensors reads them',
    );
  }
  const read = parsed(text);
  if (isDescription(read)) return read;
  throw wrongDescription('the description', read);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`loadModel: the description of the model must be JSON; got ${show(text.slice(0, 40))}`, {
      cause,
    });
  }
}

function isDescription(x: unknown): x is Description {
  if (typeof x !== 'object' || x === null || !('version' in x && 'model' in x && 'checksums' in x)) return false;
  const isCompiled = !('compile' in x) || (typeof x.compile === 'object' && x.compile !== null);
  const isDrawn = !('drawn' in x) || (Array.isArray(x.drawn) && x.drawn.every(areCounts));
  return isConfig(x.model) && isCompiled && isDrawn && typeof x.checksums === 'object' && x.checksums !== null;
}

function areCounts(x: unknown): boolean {
  return Array.isArray(x) && x.every((count) => Number.isSafeInteger(count));
}
