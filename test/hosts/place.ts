// A fresh folder in which one host runs: outside the repository, with the tools of the host and the packed package installed by
// npm. It runs programs there and checks what they compute.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  checkEnded,
  cleanEnvironment,
  defaultNode,
  installed,
  linkFolder,
  nodeFolder,
  root,
  type Tools,
} from './cache.ts';
import { type Expected, faultsOf, type Probe, probesIn, type Reference } from './probes.ts';
import { type Finished, runProcess } from './run-process.ts';

/** What a place needs to know of its host. */
export interface PlaceOptions {
  readonly name: string;
  /** the packed package */
  readonly tarball: string;
  readonly tools?: Tools | undefined;
  /** the version of Node; the newest by default */
  readonly node?: string | undefined;
  /** whether npm installs the package; true by default */
  readonly isInstalled?: boolean | undefined;
  readonly reference: Reference;
}

/** How a program is run. */
export interface RunSettings {
  /** variables of the environment, beside the usual ones */
  readonly env?: Readonly<Record<string, string>>;
  /** when the program is ended and taken for failed, also on a machine that is busy; 400 by default */
  readonly seconds?: number;
  /** a folder in the place */
  readonly cwd?: string;
}

/** One program that has run in a place. */
export interface Case {
  readonly name: string;
  /** time on the clock; the machine may have been busy with other work */
  readonly seconds: number;
  readonly probes: readonly Probe[];
}

/** A fresh folder with the package. */
export class Place {
  readonly folder: string;
  readonly tarball: string;
  readonly env: Readonly<Record<string, string>>;
  /** the path of this place's Node */
  readonly node: string;
  readonly cases: Case[] = [];
  readonly #reference: Reference;

  private constructor(folder: string, nodeBin: string, { tarball, reference }: PlaceOptions) {
    this.folder = folder;
    this.tarball = tarball;
    this.env = cleanEnvironment(nodeBin);
    this.node = join(nodeBin, 'node');
    this.#reference = reference;
  }

  /** Makes the folder and installs tools and package. */
  static async create(options: PlaceOptions): Promise<Place> {
    const { name, tools = {}, node = defaultNode, isInstalled = true, tarball } = options;
    const folder = realpathSync(mkdtempSync(join(tmpdir(), `treadle-${name}-`)));
    if (folder.startsWith(root)) throw new Error(`a fresh folder must lie outside the repository; got ${folder}`);
    try {
      const place = new Place(folder, await nodeFolder(node), options);
      place.write('package.json', JSON.stringify({ private: true, dependencies: tools }));
      if (Object.keys(tools).length > 0) linkFolder(await installed(tools), folder);
      if (isInstalled) await place.execute('npm', ['install', tarball]);
      return place;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Writes a file; its folder is made. */
  write(name: string, text: string): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** The text of a file in the place. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** The path of a tool's command. */
  tool(name: string): string {
    return join(this.folder, 'node_modules', '.bin', name);
  }

  /** Runs a program to its end, whatever that is. */
  run(
    file: string,
    args: readonly string[],
    { env = {}, seconds = 400, cwd = '.' }: RunSettings = {},
  ): Promise<Finished> {
    return runProcess(file, args, { cwd: join(this.folder, cwd), env: { ...this.env, ...env }, seconds });
  }

  /** Runs a program that must end with code 0. */
  async execute(file: string, args: readonly string[], settings: RunSettings = {}): Promise<Finished> {
    const finished = await this.run(file, args, settings);
    checkEnded(finished, [file, ...args].join(' '));
    return finished;
  }

  /** Runs a program that makes probes, and checks what it has computed and written. */
  async probe(
    name: string,
    file: string,
    args: readonly string[],
    { expected, ...settings }: RunSettings & { readonly expected?: Expected } = {},
  ): Promise<void> {
    this.judge(name, await this.run(file, args, settings), expected);
  }

  /** Throws unless a program ended with code 0 and computed and wrote what is expected of it. */
  judge(name: string, finished: Finished, expected?: Expected): void {
    const probes = probesIn(finished.stdout);
    this.cases.push({ name, seconds: finished.seconds, probes });
    checkEnded(finished, name);
    this.check(name, probes, finished.stderr, expected);
  }

  /** Throws unless probes are what plain Node computes. */
  check(name: string, probes: readonly Probe[], stderr: string, expected?: Expected): void {
    const faults = faultsOf(probes, stderr, this.#reference, expected);
    if (faults.length > 0) throw new Error(`${name}: ${faults.join('\n  ')}`);
  }

  /** Takes away what was installed, so that only what a bundler has written can be found. */
  removeInstalled(): void {
    for (const name of ['node_modules', 'package.json', 'package-lock.json']) {
      const path = join(this.folder, name);
      if (existsSync(path)) rmSync(path, { recursive: true, force: true });
    }
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
