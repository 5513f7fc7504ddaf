// A static server for pages: folders of files by the path they are served under, with the headers that make a page cross-origin isolated,
// or without them, and with a Content-Security-Policy if one is given.

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** How pages are served. */
export interface ServerOptions {
  /** by path, such as '/pages': the folder of its files */
  readonly folders: Readonly<Record<string, string>>;
  /** by path: what is served there */
  readonly texts?: Readonly<Record<string, string | Uint8Array>>;
  /** whether pages are cross-origin isolated */
  readonly isIsolated: boolean;
  readonly policy?: string;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.html': 'text/html; charset=utf-8',
  '.csv': 'text/csv',
};

/** Starts a server on a free port of this machine. */
export async function serve(options: ServerOptions): Promise<{ readonly origin: string; close(): void }> {
  const server: Server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (options.isIsolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    if (options.policy !== undefined) response.setHeader('Content-Security-Policy', options.policy);
    const content = await contentOf(pathname, options);
    response.setHeader('Content-Type', types[extname(pathname) || '.html'] ?? 'application/octet-stream');
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a server has a port');
  return {
    origin: `http://localhost:${address.port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function contentOf(
  path: string,
  { folders, texts = {} }: ServerOptions,
): Promise<string | Uint8Array | undefined> {
  if (path === '/') return '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>test</title>';
  if (texts[path] !== undefined) return texts[path];
  for (const [under, folder] of Object.entries(folders)) {
    if (!path.startsWith(`${under}/`)) continue;
    try {
      return await readFile(join(folder, normalize(path.slice(under.length))));
    } catch {
      return undefined;
    }
  }
  return undefined;
}
