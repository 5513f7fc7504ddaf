// The laws in real browsers: every test file that needs nothing of Node's, each in a web worker of its own, on an isolated page.

import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../portable/laws.ts';
import { selectTests } from '../portable/select.ts';
import { browsers, launch, type OpenPage, open } from './browsers.ts';
import { folders, writeLaws } from './library.ts';
import { serve } from './server.ts';

const { portable } = selectTests();

beforeAll(async () => {
  expect(await writeLaws()).toEqual(portable);
});

describe.each(browsers.filter(({ path }) => path !== undefined))('$name', (known) => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  let opened: OpenPage;
  beforeAll(async () => {
    browser = await launch(known);
    server = await serve({ folders, isIsolated: true });
    opened = await open(browser, server.origin);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test.each(portable)('%s', async (file) => {
    const { failed, failures, passed } = await opened.call<Outcome>('runLaws', file);
    expect(failures.map(({ name, errors }) => `${name}: ${errors[0]?.slice(0, 2000)}`)).toEqual([]);
    expect({ failed, hasPassed: passed > 0 }).toEqual({ failed: 0, hasPassed: true });
  });
});
