// Reads the four files of MNIST, or of a set in the same format (Fashion-MNIST, KMNIST): images and labels for training
// and for testing. The files are found by their names. The names of a smaller training set may have more after `train`,
// as in `train10k-…`.

import { show } from '@treadle/tensor';
import { join, readdirSync } from '#files';
import { checkReadsAtOnce } from '../files/at-once.ts';
import { decodeFile } from '../files/decode-file.ts';
import { FormatError } from '../files/format-error.ts';
import type { Labelled, PlainArray, Split } from '../rows/plain-array.ts';
import { decodeIdx } from './decode-idx.ts';

/**
 * x float32 [n, 28, 28, 1], 0 … 1, and y int32 [n]. Throws FormatError when a file is missing, ambiguous or damaged.
 */
export function readMnist(directory: string): Split<Labelled> {
  const names = filesIn(directory);
  return { train: readPart(directory, names, 'train'), test: readPart(directory, names, 't10k') };
}

function filesIn(directory: string): readonly string[] {
  checkReadsAtOnce(directory);
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    throw new FormatError(`mnist: the folder with the IDX files must be readable; got ${show(directory)}`, { cause });
  }
}

function readPart(directory: string, names: readonly string[], part: string): Labelled {
  const images = find(directory, names, part, 'images');
  const labels = find(directory, names, part, 'labels');
  const x = decodeFile(images, imagesOf);
  const y = decodeFile(labels, labelsOf);
  if (x.shape[0] !== y.shape[0]) {
    throw new FormatError(
      `mnist: each image must have a label; got ${x.shape[0]} and ${y.shape[0]} (${images}, ${labels})`,
    );
  }
  return { x, y };
}

/**
 * The path of the one file of a part. `train-images…` is preferred to `train10k-images…`, a plain file to a gzip file.
 */
function find(directory: string, names: readonly string[], part: string, kind: string): string {
  const suffix = `${kind}[-.]idx\\d-ubyte(\\.gz)?$`;
  const exact = names.filter((name) => new RegExp(`^${part}-${suffix}`).test(name));
  const found = exact.length > 0 ? exact : names.filter((name) => new RegExp(`^${part}\\w*-${suffix}`).test(name));
  const [name] = found;
  if (name === undefined || found.some((other) => other.replace(/\.gz$/, '') !== name.replace(/\.gz$/, ''))) {
    const got = name === undefined ? 'none' : show(found);
    throw new FormatError(
      `mnist: the folder must contain one file ${part}*-${kind}-idx*-ubyte[.gz]; got ${got} (${directory})`,
    );
  }
  return join(directory, name);
}

function imagesOf(bytes: Uint8Array): PlainArray<Float32Array> {
  const { values, shape, elementType } = decodeIdx(bytes);
  if (elementType !== 'uint8' || shape.length !== 3) {
    throw new FormatError(`mnist: images must be uint8 [n, height, width]; got ${elementType} ${show(shape)}`);
  }
  const x = new Float32Array(values.length);
  for (let i = 0; i < x.length; i++) x[i] = values[i]! / 255;
  return { values: x, shape: [...shape, 1] };
}

function labelsOf(bytes: Uint8Array): PlainArray<Int32Array> {
  const { values, shape, elementType } = decodeIdx(bytes);
  if (!(values instanceof Int32Array) || elementType !== 'uint8' || shape.length !== 1) {
    throw new FormatError(`mnist: labels must be uint8 [n]; got ${elementType} ${show(shape)}`);
  }
  return { values, shape };
}
