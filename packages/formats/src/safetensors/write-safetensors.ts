// Tensors by name and metadata → bytes in the format of safetensors, in parts. Elements of most bytes come first, as the reference
// implementation writes them, so that each tensor begins at a multiple of its elements' size.

import { show } from '@treadle/tensor';
import { elementParts, type NamedElements, type NamedTensors, type OutgoingFile, openNamed } from '../bytes/writing.ts';
import { elementTypes } from '../elements/element-types.ts';
import { checkMemory, encodeHeader, isTexts, metadataName, mostHeaderBytes } from './header.ts';

/** Opens tensors to be written. Throws TypeError and RangeError for names and metadata that the format cannot hold. */
export function openSafetensors(op: string, tensors: NamedTensors, metadata: unknown): OutgoingFile {
  if (!isTexts(metadata)) throw new TypeError(`${op}: metadata must be texts by name; got ${show(metadata)}`);
  const opened = openNamed(op, tensors);
  const close = (): void => {
    for (const x of opened) x.close();
  };
  try {
    checkTexts(op, [...opened.map(({ name }) => name), ...Object.entries(metadata).flat()]);
    const sorted = [...opened].sort((a, b) => elementBytes(b) - elementBytes(a) || (a.name < b.name ? -1 : 1));
    const begins = new Map<NamedElements, number>();
    let end = 0;
    for (const x of sorted) {
      begins.set(x, end);
      end += x.byteLength;
    }
    const entries = opened.map((x) => ({ name: x.name, type: x.dtype, shape: x.shape, begin: begins.get(x) ?? 0 }));
    const header = encodeHeader({ entries, metadata });
    const [byteLength, headerBytes] = [header.length + end, header.length - 8];
    const most = mostHeaderBytes(byteLength);
    if (headerBytes > most) {
      throw new RangeError(`${op}: names and metadata must take at most ${most} bytes here; got ${headerBytes}`);
    }
    checkMemory(entries, byteLength);
    return { byteLength, parts: () => partsOf(header, sorted), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function* partsOf(
  header: Uint8Array<ArrayBuffer>,
  tensors: readonly NamedElements[],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  yield header;
  for (const x of tensors) yield* elementParts(x);
}

function elementBytes({ dtype }: NamedElements): number {
  return elementTypes[dtype].bytes;
}

function checkTexts(op: string, texts: readonly string[]): void {
  const wrong = texts.find((text) => text === metadataName || !text.isWellFormed());
  if (wrong === metadataName)
    throw new RangeError(`${op}: no tensor may be named ${show(metadataName)}; got one that is`);
  if (wrong !== undefined)
    throw new RangeError(`${op}: texts must be Unicode; got ${show(wrong)}, with half of a pair`);
}
