// The four files of MNIST, and of the sets that took over its form (Fashion-MNIST, KMNIST): images and labels to train on
// and to test with, found in a folder by their names. A part of the training images goes by names like `train10k-…`.

import { show } from '@treadle/tensor';
import { decodeFile } from '../files/bytes.ts';
import { FormatError } from '../files/format-error.ts';
import { join, readdirSync } from '../files/node-files.ts';
import type { Pair, PlainArray, Split } from '../rows/plain-array.ts';
import { decodeIdx } from './decode-idx.ts';

export type Images = Pair<PlainArray<Float32Array>, PlainArray<Int32Array>>;

/** x float32 [n, 28, 28, 1] of 0 … 1 and y int32 [n]. Throws FormatError when a file is missing, twice there or not such. */
export function readMnist(directory: string): Split<Images> {
  const names = filesIn(directory);
  return { train: readPart(directory, names, 'train'), test: readPart(directory, names, 't10k') };
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    throw new FormatError(
      `mnist: a folder with the IDX files of MNIST must be given; got ${show(directory)}, which cannot be read`,
      { cause },
    );
  }
}

function readPart(directory: string, names: readonly string[], part: string): Images {
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

/** The path of the one file for this part; `train-images…` goes before `train10k-images…`, a plain file before a packed one. */
function find(directory: string, names: readonly string[], part: string, kind: string): string {
  const suffix = `${kind}[-.]idx\\d-ubyte(\\.gz)?$`;
  const whole = names.filter((name) => new RegExp(`^${part}-${suffix}`).test(name));
  const found = whole.length > 0 ? whole : names.filter((name) => new RegExp(`^${part}\\w*-${suffix}`).test(name));
  const [name] = found;
  if (name === undefined || found.some((other) => other.replace(/\.gz$/, '') !== name.replace(/\.gz$/, ''))) {
    const got = name === undefined ? 'none' : show(found);
    throw new FormatError(
      `mnist: a folder must have one file ${part}*-${kind}-idx*-ubyte[.gz]; got ${got} (${directory})`,
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
