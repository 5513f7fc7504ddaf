// The page in examples/browser, unchanged: it trains while it goes on drawing. Its figures are printed.

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../workspace/sources.ts';
import { browsers, launch } from './browsers.ts';
import { folders, writeLibrary } from './library.ts';
import { serve } from './server.ts';

interface Figures {
  readonly seconds: number;
  readonly accuracy: number;
  readonly framesPerSecond: number;
}

beforeAll(writeLibrary);

describe.each(browsers.filter(({ path }) => path !== undefined))('$name', (known) => {
  test('the page reads nine of ten digits that it has not seen, and drew frames while it trained', async () => {
    const browser = await launch(known);
    const server = await serve({
      folders: { ...folders, '/example': join(root, 'examples/browser') },
      isIsolated: true,
    });
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/example/index.html`);
      await page.waitForFunction('globalThis.figures !== undefined', { timeout: 300_000 });
      const figures = JSON.parse(String(await page.evaluate('JSON.stringify(globalThis.figures)'))) as Figures;
      console.log(`${known.name}: ${JSON.stringify(figures)}`);
      expect(figures.accuracy).toBeGreaterThan(0.9);
      expect(figures.framesPerSecond).toBeGreaterThan(0);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
