// The command line. One command each; what a command does is in a file of its own.

import { parseArgs } from 'node:util';
import { demo } from './demo/demo.ts';

const usage = `Usage: treadle <command> [options]

  demo                 trains a network on 1,797 real handwritten digits (8 × 8, embedded) and shows what it learned
    --data <folder>    on MNIST instead: a folder with its IDX files (train*-images*, train*-labels*, t10k-*)
    --threads <n>      how many threads work; the cores that this process may use, by default
    --seed <n>         1 by default
`;

async function main(): Promise<void> {
  const options = {
    data: { type: 'string' },
    threads: { type: 'string' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(usage);
    return;
  }
  if (command !== 'demo' || positionals.length > 1) {
    throw new RangeError(`treadle: the command must be demo; got ${positionals.join(' ')}; treadle --help says more`);
  }
  await demo({
    data: values.data,
    threads: values.threads === undefined ? undefined : Number(values.threads),
    seed: Number(values.seed),
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
  process.exitCode = 1;
});
