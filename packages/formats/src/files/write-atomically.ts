// A file is replaced as a whole or not at all, whatever fails and whenever the process or the machine dies: the bytes are written to a
// temporary file in the same folder and synced; then it takes the name of the old one, and the folder is synced. Invariant: under
// the name there is the old content or the new one, whole. Writers do not mix, because each has a temporary file of its own.

import type { FileSystem, WritableFile } from './file-system.ts';

const pattern = /^\.treadle-([a-z0-9]+)-[a-z0-9]+\.tmp$/;

/** The temporary files that this thread is writing; an earlier process may have had the same name of a writer. */
const underWay = new Set<string>();

/**
 * Replaces a file by these bytes. When it resolves, the new content is on the disk. When it rejects, the old content is there, or
 * the new one if only the last step failed, which is syncing the folder. Temporary files that killed writers left in the folder are
 * removed.
 */
export async function writeAtomically(
  files: FileSystem,
  path: string | URL,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const { folder, name } = await files.locate(path);
  await removeLeftovers(files, folder);
  const temporary = `.treadle-${files.writer}-${Math.random().toString(36).slice(2)}.tmp`;
  const from = files.join(folder, temporary);
  const file = await files.create(from);
  underWay.add(temporary);
  try {
    await writeAndSync(file, parts);
    await files.rename(from, files.join(folder, name));
  } catch (error) {
    await files.remove(from).catch(() => undefined); // the first error tells more; the next writer removes it
    throw error;
  } finally {
    underWay.delete(temporary);
  }
  await files.syncFolder(folder);
}

async function writeAndSync(
  file: WritableFile,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    for await (const part of parts) await file.write(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes the temporary files of writers that are gone. What cannot be removed now is left to the next writer. */
async function removeLeftovers(files: FileSystem, folder: string): Promise<void> {
  const names = await files.list(folder).catch(() => []); // creating a file will say what is wrong with the folder
  for (const name of names) {
    const [, writer] = pattern.exec(name) ?? [];
    if (writer === undefined || underWay.has(name)) continue;
    const path = files.join(folder, name);
    const removeIfGone = async (): Promise<void> => {
      if (files.isGone(writer, await files.modified(path))) await files.remove(path);
    };
    await removeIfGone().catch(() => undefined); // another writer was faster, or may not do so
  }
}
