// The library in real browsers, as it is published: on pages that are cross-origin isolated and on others, in web workers, and where the
// browser refuses something. Results have the bits of Node with vectors of 128 bits.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, launch, type OpenPage, open } from './browsers.ts';
import { folders, writeLibrary } from './library.ts';
import { serve } from './server.ts';

type Server = Awaited<ReturnType<typeof serve>>;

const trainings = ['trainXor', 'trainDigits', 'trainSequences', 'trainTwo'] as const;
const table = 'a,b,y\n1,2,3\n4.5,-6,7\n';
const rows = { x: [1, 2, 4.5, -6], y: [3, 7] };
const texts = { '/table.csv': table, '/table.csv.gz': gzipSync(table) };
/** A browser without what some browsers lack. */
const withoutSharing = `
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct: (target, [descriptor]) => {
      if (descriptor.shared) throw new TypeError('memories cannot be shared');
      return new target(descriptor);
    },
  });
`;
const withoutWaitAsync = 'delete Atomics.waitAsync;';
const withSmallMemory = `
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct: (target, [descriptor]) => {
      if (descriptor.maximum > 16384) throw new RangeError('could not allocate memory');
      return new target(descriptor);
    },
  });
`;
const oneThread = /^Treadle: worker threads cannot be started \(.*\); one thread does all the work$/;

/** What Node computes with vectors of 128 bits. */
let expected: Readonly<Record<string, unknown>> = {};

beforeAll(async () => {
  await writeLibrary();
  const program = `
    import * as library from 'treadle';
    import * as programs from ${JSON.stringify(new URL('./pages/programs.js', import.meta.url).href)};
    const results = {};
    for (const name of ${JSON.stringify([...trainings, 'turnsMeanwhile'])}) results[name] = await programs[name](library);
    console.log(JSON.stringify(results));
  `;
  const env = { ...process.env, TREADLE_SIMD: '128' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env });
  expected = JSON.parse(stdout);
});

for (const { name, path } of browsers) {
  if (path === undefined) console.warn(`test:browser: ${name.toUpperCase()} IS NOT INSTALLED; its tests are skipped`);
}

describe.each(browsers.filter(({ path }) => path !== undefined))('$name', (known) => {
  let browser: Browser;
  let isolated: Server;
  let plain: Server;
  beforeAll(async () => {
    browser = await launch(known);
    isolated = await serve({ folders, texts, isIsolated: true });
    plain = await serve({ folders, texts, isIsolated: false });
  });
  afterAll(async () => {
    await browser?.close();
    isolated?.close();
    plain?.close();
  });

  const onPage = async (server: Server, use: (page: OpenPage) => Promise<void>, prepare = ''): Promise<void> => {
    const opened = await open(browser, server.origin, prepare);
    try {
      await use(opened);
    } finally {
      await opened.page.close();
    }
  };

  describe.each([
    ['that is isolated', () => isolated, ''],
    ['that is isolated, without Atomics.waitAsync', () => isolated, withoutWaitAsync],
    ['that is not isolated', () => plain, ''],
    ['that is not isolated, whose memories cannot be shared', () => plain, withoutSharing],
  ])('on a page %s', (_, server, prepare) => {
    test.each(trainings)('%s gives the bits of Node', async (program) => {
      await onPage(
        server(),
        async ({ call }) => expect(await call('run', program)).toEqual(expected[program]),
        prepare,
      );
    });

    test('the event loop has turns while a long run is computed', async () => {
      await onPage(
        server(),
        async ({ call }) => {
          const { turns, sum } = await call<{ turns: number; sum: number }>('run', 'turnsMeanwhile');
          expect({ turns: 0, sum }).toEqual({ ...(expected.turnsMeanwhile as object), turns: 0 });
          expect(turns).toBeGreaterThan(10);
        },
        prepare,
      );
    });

    test('values that are not computed yet cannot be read at once, and the error says how; those that are can', async () => {
      await onPage(
        server(),
        async ({ call }) => {
          const { texts: thrown, isSame } = await call<{ texts: string[]; isSame: boolean }>('run', 'readAtOnce');
          for (const text of thrown) expect(text).toContain('use `await t.read()`, or run this code in a web worker');
          expect(isSame).toBe(true);
        },
        prepare,
      );
    });

    test('memory grows, and every tensor keeps its values', async () => {
      await onPage(
        server(),
        async ({ call }) => expect(await call('run', 'growMemory')).toEqual({ wrong: [], hasGrown: true }),
        prepare,
      );
    });

    test('an index out of range rejects what depends on it, and the engine goes on', async () => {
      await onPage(
        server(),
        async ({ call }) => {
          const { messages, after } = await call<{ messages: string[]; after: number[] }>('run', 'refuse');
          for (const message of messages) expect(message).toMatch(/^RangeError: gather: /);
          expect(after).toEqual([2, 3, 4]);
        },
        prepare,
      );
    });
  });

  describe.each([
    ['of a page that is isolated', () => isolated],
    ['of a page that is not', () => plain],
  ])('in a web worker %s', (_, server) => {
    test.each(trainings)('%s gives the bits of Node', async (program) => {
      await onPage(server(), async ({ call }) => {
        expect(await call('runInWorker', program)).toEqual(expected[program]);
      });
    });

    test('values can be read at once', async () => {
      await onPage(server(), async ({ call }) => {
        const { texts: types, isSame } = await call<{ texts: string[]; isSame: boolean }>('runInWorker', 'readAtOnce');
        expect(types).toEqual(['number', 'object', 'number', 'string']);
        expect(isSame).toBe(true);
      });
    });
  });

  test('an isolated page starts threads, ends them, and starts them again, without a warning', async () => {
    await onPage(isolated, async ({ page, call, texts: written }) => {
      const cores = await page.evaluate('navigator.hardwareConcurrency');
      expect(await call('run', 'threads')).toMatchObject({ threads: cores, isSame: true });
      expect(written).toEqual([]);
    });
  });

  test('a page that is not isolated computes with one thread, and one warning names the headers', async () => {
    await onPage(plain, async ({ call, texts: written }) => {
      expect(await call('run', 'threads')).toMatchObject({ threads: 1, isSame: true });
      expect(written).toEqual([expect.stringMatching(oneThread)]);
      expect(written[0]).toContain('Cross-Origin-Embedder-Policy: require-corp');
    });
  });

  test('where a Content-Security-Policy refuses workers, one thread does all the work, with one warning', async () => {
    const policy = "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'; worker-src 'none'";
    const server = await serve({ folders, isIsolated: true, policy });
    try {
      await onPage(server, async ({ call, texts: written }) => {
        expect(await call('run', 'threads')).toMatchObject({ isSame: true });
        expect(await call('run', 'trainXor')).toEqual(expected.trainXor);
        expect(written.filter((text) => oneThread.test(text))).toHaveLength(1);
      });
    } finally {
      server.close();
    }
  });

  test('where the system reserves less address space than 4 GiB, the memory has a smaller maximum', async () => {
    await onPage(
      isolated,
      async ({ call }) => expect(await call('run', 'growMemory')).toEqual({ wrong: [], hasGrown: true }),
      withSmallMemory,
    );
  });

  test('pages that are open at the same time compute independently', async () => {
    const pages = await Promise.all([1, 2, 3].map(() => open(browser, isolated.origin)));
    const results = await Promise.all(pages.map(({ call }) => call('run', 'trainDigits')));
    for (const result of results) expect(result).toEqual(expected.trainDigits);
    await Promise.all(pages.map(({ page }) => page.close()));
  });

  test.each(['/table.csv', '/table.csv.gz'])('readCsvAsync reads what the URL %s leads to', async (url) => {
    await onPage(isolated, async ({ call }) => expect(await call('run', 'readTable', url)).toEqual(rows));
  });

  test.each(['/table.csv', '/table.csv.gz'])('readCsvAsync reads a File with the bytes of %s', async (url) => {
    await onPage(isolated, async ({ call }) => expect(await call('readFile', url)).toEqual(rows));
  });

  test('readCsvAsync says that a URL leads to nothing', async () => {
    await onPage(isolated, async ({ call }) => {
      await expect(call('run', 'readTable', '/none.csv')).rejects.toThrow(
        /a URL must lead to a file; got status 404 for/,
      );
    });
  });
});
