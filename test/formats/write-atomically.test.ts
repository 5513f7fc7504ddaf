// Files that are replaced as a whole or not at all: on a disk that fails or loses its power at every single operation, with several
// writers at once, and with real processes that are killed.

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSystem, filesFor, writeAtomically } from '@treadle/formats';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../treadle/programs.ts';
import { LossyDisk, PowerFailure } from './lossy-disk.ts';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const folder = mkdtempSync(join(tmpdir(), 'treadle-atomic-'));
afterAll(() => rmSync(folder, { recursive: true }));

const host = filesFor('test', folder, '');
const temporaries = (names: Iterable<string>): string[] => [...names].filter((name) => name.endsWith('.tmp'));

const contents = fc.uint8Array({ maxLength: 6 });
const parts = fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 4 });
const choices = fc.infiniteStream(fc.nat(2 ** 30));

const isOneOf = (found: Uint8Array | undefined, allowed: readonly (Uint8Array | undefined)[]): boolean =>
  allowed.some((each) =>
    each === undefined ? found === undefined : found !== undefined && !Buffer.compare(found, each),
  );

describe('whatever operation fails, or is the last one before the power fails', () => {
  test('the old content is there or the new one, whole, and the new one for certain when writing has ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(contents, { nil: undefined }), parts, choices, async (old, written, stream) => {
        const leftover = '.treadle-dead-1.tmp';
        const before = new Map([[leftover, Uint8Array.of(1)]]);
        if (old) before.set('file', old);
        const next = Buffer.concat(written);
        let faults = 0;
        for (const kind of ['fails', 'crashes'] as const) {
          for (let at = 1, isOver = false; !isOver; at++) {
            const disk = new LossyDisk(before, { at, kind });
            const error = await writeAtomically(
              disk.files('me', (writer) => writer === 'dead'),
              'file',
              written,
            ).catch((reason: unknown) => reason);
            isOver = disk.count < at;
            faults += isOver ? 0 : 1;
            const choose = (n: number): number => stream.next().value % n;
            for (let i = 0; i < 4; i++) {
              const found = disk.afterCrash(choose).get('file');
              expect(isOneOf(found, error === undefined ? [next] : [old, next])).toBe(true);
            }
            expect(isOneOf(disk.seen().get('file'), error === undefined ? [next] : [old, next])).toBe(true);
            if (isOver) expect([...disk.seen().keys()]).toEqual(['file']);
            if (error !== undefined && kind === 'crashes') expect(error).toBeInstanceOf(PowerFailure);
          }
        }
        // list, modified, remove, create, each write, sync, close, rename, syncFolder; a failure of the first three does not end it
        expect(faults).toBeGreaterThanOrEqual(2 * (8 + written.length));
      }),
      { numRuns: isLong ? 500 : 50 },
    );
  });

  test('after a failure that is no crash nothing is left, unless removing fails', async () => {
    for (let at = 1; at < 10; at++) {
      const disk = new LossyDisk(new Map(), { at, kind: 'fails' });
      await writeAtomically(
        disk.files('me', () => false),
        'file',
        [Uint8Array.of(1)],
      ).catch(() => undefined);
      expect(temporaries(disk.seen().keys())).toEqual([]);
    }
  });
});

describe('several writers', () => {
  test('of one file do not mix, and leave nothing behind, in any order of their operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(parts, { minLength: 2, maxLength: 3 }), async (s, all) => {
        const disk = new LossyDisk(new Map(), { at: 0, kind: 'fails' });
        const files = all.map((_, i) =>
          scheduled(
            disk.files(`writer${i}`, () => false),
            s,
          ),
        );
        const writing = Promise.all(all.map((written, i) => writeAtomically(files[i] ?? files[0]!, 'file', written)));
        await s.waitFor(writing);
        expect(
          isOneOf(
            disk.seen().get('file'),
            all.map((written) => Buffer.concat(written)),
          ),
        ).toBe(true);
        expect([...disk.seen().keys()]).toEqual(['file']);
      }),
      { numRuns: 200 },
    );
  });

  test('in one process leave a whole file of one of them', async () => {
    const path = join(folder, 'many');
    const writers = Array.from({ length: 20 }, (_, i) => Array.from({ length: 5 }, () => new Uint8Array(1000).fill(i)));
    await Promise.all(writers.map((written) => writeAtomically(host, path, written)));
    const bytes = readFileSync(path);
    expect(bytes).toHaveLength(5000);
    expect(new Set(bytes).size).toBe(1);
    expect(temporaries(readdirSync(folder))).toEqual([]);
  });
});

/** The same files, each operation waiting for its turn. */
function scheduled(files: FileSystem, s: fc.Scheduler): FileSystem {
  const { create, rename, remove, list, modified, syncFolder } = files;
  return {
    ...files,
    create: async (path) => {
      const file = await s.schedule(create(path));
      return { write: (bytes) => s.schedule(file.write(bytes)), sync: file.sync, close: file.close };
    },
    rename: async (from, to) => {
      await s.schedule(Promise.resolve());
      await rename(from, to);
    },
    remove: async (path) => {
      await s.schedule(Promise.resolve());
      await remove(path);
    },
    list: (path) => s.schedule(list(path)),
    modified: (path) => s.schedule(modified(path)),
    syncFolder: (path) => s.schedule(syncFolder(path)),
  };
}

describe('files of this host', () => {
  test('temporary files of writers that are gone are removed, and no others', async () => {
    const place = join(folder, 'leftovers');
    mkdirSync(place);
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    const gone = host.writer.replace(/p\d+$/, `p${child.pid}`);
    await new Promise((resolve) => child.on('exit', resolve));
    const names = {
      ofTheDead: `.treadle-${gone}-a1.tmp`,
      ofAnEarlierLife: `.treadle-${host.writer}-b2.tmp`,
      ofTheLiving: `.treadle-${host.writer.replace(/p\d+$/, `p${process.ppid}`)}-c3.tmp`,
      ofAnotherHost: '.treadle-elsewherep1-d4.tmp',
      ofAnotherHostLongAgo: '.treadle-elsewherep1-e5.tmp',
      noneOfOurs: '.treadle.tmp',
    };
    for (const name of Object.values(names)) writeFileSync(join(place, name), 'x');
    const before = Date.now() / 1000 - process.uptime() - 60;
    utimesSync(join(place, names.ofAnEarlierLife), before, before);
    utimesSync(join(place, names.ofAnotherHostLongAgo), before - 7200, before - 7200);
    await writeAtomically(host, join(place, 'file'), [Uint8Array.of(1)]);
    expect(readdirSync(place).sort()).toEqual(
      ['file', names.ofTheLiving, names.ofAnotherHost, names.noneOfOurs].sort(),
    );
  });

  test('a link goes on leading to its file', async () => {
    const [link, target] = [join(folder, 'link'), join(folder, 'target')];
    writeFileSync(target, 'old');
    symlinkSync('target', link);
    await writeAtomically(host, link, [Buffer.from('new')]);
    expect(readlinkSync(link)).toBe('target');
    expect(readFileSync(target, 'utf8')).toBe('new');
  });

  test('a folder that does not exist, and parts that throw, are errors; nothing is left', async () => {
    await expect(writeAtomically(host, join(folder, 'no', 'file'), [])).rejects.toThrow('ENOENT');
    const failing = function* (): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new Error('no more');
    };
    await expect(writeAtomically(host, join(folder, 'half'), failing())).rejects.toThrow('no more');
    expect(existsSync(join(folder, 'half'))).toBe(false);
    expect(temporaries(readdirSync(folder))).toEqual([]);
  });
});

describe('a process that is killed with SIGKILL at any moment', () => {
  const kills = isLong ? 1000 : 12;
  const program = `
    import { filesFor, writeAtomically } from '@treadle/formats';
    const path = process.argv[1];
    const files = filesFor('kill', path, '');
    process.stdout.write('begun');
    for (let i = 0; ; i++) {
      const part = new Uint8Array(65536).fill(i % 256);
      await writeAtomically(files, path, Array.from({ length: 8 }, () => part));
    }`;

  test(`leaves a whole file, ${kills} times, and the next writer removes what it left`, async () => {
    const place = join(folder, 'killed');
    mkdirSync(place);
    const path = join(place, 'file');
    const delays = fc.sample(fc.nat(30), kills);
    for (const delay of delays) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.on('exit', resolve));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await ended;
      if (!existsSync(path)) continue; // killed before the first file was whole
      const bytes = readFileSync(path);
      expect(bytes).toHaveLength(8 * 65536);
      expect(new Set(bytes).size).toBe(1);
      expect(temporaries(readdirSync(place)).length).toBeLessThanOrEqual(1);
    }
    await writeAtomically(host, path, [Uint8Array.of(1)]);
    expect(readdirSync(place)).toEqual(['file']);
  });
});
