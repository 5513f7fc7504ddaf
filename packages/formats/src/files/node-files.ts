// The files of Node.js. The only file of the package that imports Node; `browser-files.ts` takes its place in browsers. It imports nothing
// else that is there at run time, because a build puts it apart from the rest of the package.

import { lstat, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { FileSystem, Place, ReadableFile, WritableFile } from './file-system.ts';

/** A file that nobody has written to for an hour was left behind, whoever wrote it. */
const longAgo = 3_600_000;
/** the clocks of files and of processes differ by less than this */
const clockError = 2000;

/** A few letters and digits that say on which machine a process runs. */
function nameOfHost(): string {
  let hash = 0;
  for (const character of hostname()) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash.toString(36);
}

/** computed when it is first needed, because most programs write no files */
let host: string | undefined;

function hostName(): string {
  host ??= nameOfHost();
  return host;
}

function ownName(): string {
  return `${hostName()}p${process.pid}`;
}

function isGone(other: string, modified: number): boolean {
  if (Date.now() - modified > longAgo) return true;
  // An earlier process may have had the number of this one: in a container it is always the same.
  if (other === ownName()) return modified < Date.now() - 1000 * process.uptime() - clockError;
  const [, itsHost, itsNumber] = /^(.*)p(\d+)$/.exec(other) ?? [];
  return itsHost === hostName() && !isRunning(Number(itsNumber));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 asks and does nothing
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

async function locate(path: string | URL): Promise<Place> {
  const asked = resolve(path instanceof URL ? fileURLToPath(path) : path);
  let found = asked;
  try {
    found = await realpath(asked);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error; // a new file
  }
  return { folder: dirname(found), name: basename(found) };
}

async function create(path: string): Promise<WritableFile> {
  const file = await open(path, 'wx');
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

async function openToRead(path: string | URL): Promise<ReadableFile> {
  const file = await open(path, 'r');
  const { size: byteLength } = await file.stat();
  const read = async (position: number, into: Uint8Array): Promise<boolean> => {
    for (let at = 0; at < into.length; ) {
      const { bytesRead } = await file.read(into, at, into.length - at, position + at);
      if (bytesRead === 0) return false;
      at += bytesRead;
    }
    return true;
  };
  return { byteLength, read, close: () => file.close() };
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows has no such call; its file system keeps a log of names
  const file = await open(folder, 'r');
  try {
    await file.sync();
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOTSUP')) throw error; // file systems that cannot, such as some of networks
  } finally {
    await file.close();
  }
}

export const hostFiles: FileSystem | undefined = {
  get writer() {
    return ownName();
  },
  isGone,
  locate,
  join,
  create,
  open: openToRead,
  rename,
  remove: (path) => rm(path),
  list: (folder) => readdir(folder),
  modified: async (path) => (await lstat(path)).mtimeMs,
  syncFolder,
};
