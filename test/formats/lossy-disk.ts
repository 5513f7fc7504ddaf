// A disk that loses what was not synced. What was written to a file since its last sync may be there, in any part, or not; what was done
// to the names in a folder since its last sync may have been done or not, each on its own. A crash after operation k is followed by
// all states that the disk may be found in.

import type { FileSystem } from '@treadle/formats';

/** What the power failure throws, and every operation after it. */
export class PowerFailure extends Error {}

interface Inode {
  /** what is on the disk for certain */
  synced: Uint8Array;
  /** what the program sees */
  seen: Uint8Array;
}

/** A change of the names: a name gets a file, or none. A rename is one change of two names. */
type Change = readonly (readonly [name: string, inode: Inode | undefined])[];

/** What happens at operation k: it fails and does nothing, or it is done and the power fails after it. */
export interface Fault {
  readonly at: number;
  readonly kind: 'fails' | 'crashes';
}

export class LossyDisk {
  readonly #durable: Map<string, Inode>;
  readonly #names: Map<string, Inode>;
  #pending: Change[] = [];
  readonly #fault: Fault;
  #isOff = false;
  /** operations so far */
  count = 0;

  /** A disk with these files, all of them synced. */
  constructor(files: ReadonlyMap<string, Uint8Array>, fault: Fault) {
    this.#durable = new Map([...files].map(([name, bytes]) => [name, { synced: bytes, seen: bytes }]));
    this.#names = new Map(this.#durable);
    this.#fault = fault;
  }

  /** What a program sees. */
  seen(): Map<string, Uint8Array> {
    return new Map([...this.#names].map(([name, { seen }]) => [name, seen]));
  }

  /** What may be found after the power failed now; `choose` decides, a number below n for n possibilities. */
  afterCrash(choose: (n: number) => number): Map<string, Uint8Array> {
    const names = new Map(this.#durable);
    for (const change of this.#pending) if (choose(2) === 1) apply(names, change);
    return new Map([...names].map(([name, inode]) => [name, torn(inode, choose)]));
  }

  /** The disk as the files of a host. */
  files(writer: string, isGone: (writer: string) => boolean): FileSystem {
    return {
      writer,
      isGone,
      locate: async (path) => ({ folder: '', name: String(path) }),
      join: (_, name) => name,
      create: (path) =>
        this.#step(() => {
          if (this.#names.has(path)) throw new Error('EEXIST');
          const inode = { synced: new Uint8Array(), seen: new Uint8Array() };
          this.#change([[path, inode]]);
          return this.#writable(inode);
        }),
      open: async (path) => {
        const { seen } = this.#at(String(path));
        return {
          byteLength: seen.length,
          read: async (position, into) => {
            into.set(seen.subarray(position, position + into.length));
            return position + into.length <= seen.length;
          },
          close: async () => undefined,
        };
      },
      rename: (from, to) =>
        this.#step(() =>
          this.#change([
            [to, this.#at(from)],
            [from, undefined],
          ]),
        ),
      remove: (path) => this.#step(() => this.#change([[path, void this.#at(path)]])),
      list: () => this.#step(() => [...this.#names.keys()]),
      modified: (path) => this.#step(() => this.#at(path).seen.length),
      syncFolder: () =>
        this.#step(() => {
          for (const change of this.#pending) apply(this.#durable, change);
          this.#pending = [];
        }),
    };
  }

  #writable(inode: Inode): Awaited<ReturnType<FileSystem['create']>> {
    return {
      write: (bytes) =>
        this.#step(() => {
          inode.seen = Buffer.concat([inode.seen, bytes]);
        }),
      sync: () =>
        this.#step(() => {
          inode.synced = inode.seen;
        }),
      close: () => this.#step(() => undefined),
    };
  }

  #at(name: string): Inode {
    const inode = this.#names.get(name);
    if (!inode) throw new Error('ENOENT');
    return inode;
  }

  #change(change: Change): void {
    apply(this.#names, change);
    this.#pending.push(change);
  }

  /** One operation. */
  async #step<T>(act: () => T): Promise<T> {
    await undefined;
    if (this.#isOff) throw new PowerFailure();
    const isFaulty = ++this.count === this.#fault.at;
    if (isFaulty && this.#fault.kind === 'fails') throw new Error('EIO');
    const result = act();
    this.#isOff = isFaulty;
    if (isFaulty) throw new PowerFailure();
    return result;
  }
}

function apply(names: Map<string, Inode>, change: Change): void {
  for (const [name, inode] of change) {
    if (inode) names.set(name, inode);
    else names.delete(name);
  }
}

/** What may be left of a file: at least what was synced, then anything. */
function torn({ synced, seen }: Inode, choose: (n: number) => number): Uint8Array {
  const length = synced.length + choose(seen.length - synced.length + 1);
  const left = seen.slice(0, length);
  for (let i = synced.length; i < length; i++) if (choose(2) === 1) left[i] = 0; // its block was not written
  return left;
}
