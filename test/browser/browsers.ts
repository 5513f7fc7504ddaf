// The browsers of this machine, and how they are started: without a window, in a profile of their own.

import { existsSync } from 'node:fs';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

/** A browser that the tests know. */
export interface KnownBrowser {
  readonly name: 'chromium' | 'firefox';
  /** undefined where it is not installed */
  readonly path: string | undefined;
}

const first = (paths: readonly string[]): string | undefined => paths.find((path) => existsSync(path));

/** The browsers by name; for one that is not installed, a line says how to install it. */
export const browsers: readonly KnownBrowser[] = [
  { name: 'chromium', path: first(['/usr/bin/chromium', '/usr/bin/google-chrome']) },
  { name: 'firefox', path: first(['/usr/bin/firefox-esr', '/usr/bin/firefox']) },
];

/** Starts a browser. Close it. */
export function launch({ name, path }: KnownBrowser): Promise<Browser> {
  if (path === undefined) throw new Error(`${name} is not installed`);
  const isRoot = process.getuid?.() === 0;
  const timeouts = { timeout: 120_000, protocolTimeout: 600_000 };
  if (name === 'firefox') return puppeteer.launch({ browser: 'firefox', executablePath: path, ...timeouts });
  return puppeteer.launch({ executablePath: path, args: isRoot ? ['--no-sandbox'] : [], ...timeouts });
}

/** A page with what it writes to its console. */
export interface OpenPage {
  readonly page: Page;
  readonly texts: readonly string[];
  /** Calls a function of pages/page.js. */
  call<T>(name: string, ...given: readonly unknown[]): Promise<T>;
}

/** Opens a page. `prepare` runs before its scripts. */
export async function open(browser: Browser, origin: string, prepare = ''): Promise<OpenPage> {
  const page = await browser.newPage();
  const texts: string[] = [];
  page.on('console', (message) => texts.push(message.text()));
  await page.goto(origin, { timeout: 120_000 });
  if (prepare !== '') await page.evaluate(prepare);
  return {
    page,
    texts,
    call: async (name, ...given) => {
      const called = `import('/pages/page.js').then((page) => page.${name}(...${JSON.stringify(given)}))`;
      return JSON.parse(String(await page.evaluate(`${called}.then((result) => JSON.stringify(result))`)));
    },
  };
}
