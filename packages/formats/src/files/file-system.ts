// What saving and loading need of a host's files, and no more: so a test can be the disk. Each method is one thing that can fail, or
// be the last thing that happens.

/** A file under way. */
export interface WritableFile {
  /** Appends all bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until what was written is on the disk (fsync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that is read. */
export interface ReadableFile {
  readonly byteLength: number;
  /** Fills `into` with the bytes from a position on. Returns false where the file ends before that. */
  read(position: number, into: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

/** A folder and the name of a file in it. */
export interface Place {
  readonly folder: string;
  readonly name: string;
}

/** The files of a host. */
export interface FileSystem {
  /** the name of this process among all that may write in the same folders: lower-case letters and digits */
  readonly writer: string;
  /** Whether the process of that name no longer runs, as far as can be known. It last wrote at `modified`, in ms since 1970. */
  isGone(writer: string, modified: number): boolean;
  /** Where a path leads: the path of the file that a link points to. */
  locate(path: string | URL): Promise<Place>;
  join(folder: string, name: string): string;
  /** Makes a file that did not exist. */
  create(path: string): Promise<WritableFile>;
  open(path: string | URL): Promise<ReadableFile>;
  /** Gives a file another name in the same folder, in place of the file that had it. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** The names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** When a file was last written, in ms since 1970. */
  modified(path: string): Promise<number>;
  /** Waits until the names in a folder are on the disk. */
  syncFolder(folder: string): Promise<void>;
}
