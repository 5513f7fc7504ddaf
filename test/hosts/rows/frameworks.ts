// Servers of frameworks that bundle what a handler imports.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Place } from '../place.ts';
import { probesIn } from '../probes.ts';
import { asModule } from '../program.ts';
import type { Row } from '../row.ts';
import { endGroup } from '../run-process.ts';

const next: Row = {
  name: 'next',
  group: 'Bundlers',
  host: 'Next.js 16.4.6',
  what: 'a route handler, built by Turbopack and by webpack, without `serverExternalPackages`',
  threads: 'all',
  tools: { next: '16.4.6', react: '19.2.0', 'react-dom': '19.2.0' },
  async run(place) {
    const env = { NEXT_TELEMETRY_DISABLED: '1' };
    place.write('probe.mjs', asModule);
    place.write('app/layout.jsx', 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;\n');
    place.write('app/page.jsx', 'export default () => <p>page</p>;\n');
    place.write(
      'app/probe/route.js',
      `
import { probe } from '../../probe.mjs';
export const dynamic = 'force-dynamic';
export async function GET() {
  return new Response('treadle-probe ' + JSON.stringify(await probe()));
}
`,
    );
    for (const bundler of ['turbopack', 'webpack']) {
      await place.execute(place.node, ['node_modules/next/dist/bin/next', 'build', `--${bundler}`], {
        env,
      });
      await serve(place, bundler, ['node_modules/next/dist/bin/next', 'start', '--port', '0'], env);
    }
  },
};

/** Starts a server, asks it for a probe twice, and ends it. */
async function serve(place: Place, name: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  const began = performance.now();
  const server = spawn(place.node, args, { cwd: place.folder, env: { ...place.env, ...env }, detached: true });
  try {
    let stderr = '';
    server.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const address = await addressOf(server);
    const texts: string[] = [];
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`${address}/probe`, { signal: AbortSignal.timeout(60_000) });
      texts.push(await response.text());
      if (response.status !== 200) throw new Error(`${name}: the server answered ${response.status}\n${stderr}`);
    }
    const probes = probesIn(texts.join('\n'));
    place.cases.push({ name, seconds: (performance.now() - began) / 1000, probes });
    place.check(name, probes, stderr, { probes: 2 });
  } finally {
    endGroup(server);
  }
}

/** The address that a server prints when it listens. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`the server must listen within 60 s; it printed ${text}`)), 60_000);
    const see = (more: unknown): void => {
      text += String(more);
      const address = /http:\/\/localhost:\d+/.exec(text)?.[0];
      if (address === undefined || !/Ready|listening/i.test(text)) return;
      clearTimeout(timer);
      resolve(address);
    };
    server.stdout?.on('data', see);
    server.stderr?.on('data', see);
    server.on('exit', (code) => reject(new Error(`the server ended with code ${code}; it printed ${text}`)));
  });
}

export const frameworkRows: readonly Row[] = [next];
