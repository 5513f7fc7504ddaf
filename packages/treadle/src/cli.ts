// The command line. One command each; what a command does is in a file of its own.

import { parseArgs } from 'node:util';
import { demo } from './demo/demo.ts';

const usage = `Usage: treadle <command> [options]

  demo                 trains a network on 1,797 real handwritten digits (8 × 8, embedded) and shows what it learned
    --data <folder>    on MNIST instead: a folder with its IDX files (train*-images*, train*-labels*, t10k-*)
    --threads <n>      how many threads work; the cores that this process may use, by default
    --seed <n>         1 by default
`;

const options = {
  data: { type: 'string' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help || positionals.length === 0) {
    process.stdout.write(usage);
    return;
  }
  if (positionals.join(' ') !== 'demo') {
    throw new RangeError(`the command must be demo; got ${positionals.join(' ')}; treadle --help says more`);
  }
  await demo({
    data: values.data,
    threads: values.threads === undefined ? undefined : wholeNumber('threads', values.threads),
    seed: wholeNumber('seed', values.seed),
  });
}

/** An option's text as a number. Throws RangeError unless it is digits alone. */
function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`--${option} must be a whole number; got ${text}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`treadle: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
