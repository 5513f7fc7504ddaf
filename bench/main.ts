// The command line of the benches: runs all suites, or the named ones, and saves and compares the results on request.

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { features, shutdown } from 'treadle';
import { compareWith, save } from './compare.ts';
import { compileBench } from './compile.ts';
import { convBench } from './conv.ts';
import { embeddingBench } from './embedding.ts';
import { forkJoinBench } from './fork-join.ts';
import { lanesBench } from './lanes.ts';
import { matmulBench } from './matmul.ts';
import { memoryBench } from './memory.ts';
import { type ModelsOptions, modelsBench } from './models/models.ts';
import { movesBench } from './moves.ts';
import { planBench } from './plan.ts';
import { reduceBench } from './reduce.ts';
import { rooflineBench } from './roofline.ts';
import { scalingBench } from './scaling.ts';
import { serveBench } from './serve.ts';
import { sharingBench } from './sharing.ts';
import { startUpBench } from './start-up.ts';
import { trainStepBench } from './train-step.ts';
import type { Row } from './work.ts';

const usage = `npm run bench -- [suites] [options]

Suites: %, peers, roofline. Default: all except peers and roofline.

Options
  --json <file>         Write the results to a file.
  --compare <file>      Compare with results written by --json. The exit code is 1 if a row is slower.
  --rounds <n>          The number of rounds. Default: 5
  --round-ms <n>        The time for each case in a round, in milliseconds. Default: 100
  --native              peers: include PyTorch and NumPy, from the Python in TREADLE_PYTHON (default: python3).
  --only <text>         peers, models: measure only rows whose names contain this text.
  --torch <python>      models: measure PyTorch too, with this Python.
  --long                models: include rows that take minutes or gigabytes.
  --svg <file>          roofline: write the plot to a file.

bench/README.md explains what each suite measures and how to read the results.
`;

const suites: Readonly<Record<string, (options: ModelsOptions) => Row[] | Promise<Row[]>>> = {
  matmul: matmulBench,
  lanes: lanesBench,
  reduce: reduceBench,
  moves: movesBench,
  'fork-join': forkJoinBench,
  'train-step': trainStepBench,
  embedding: embeddingBench,
  plan: planBench,
  compile: compileBench,
  conv: convBench,
  scaling: scalingBench,
  'start-up': startUpBench,
  memory: memoryBench,
  models: modelsBench,
  serve: serveBench,
  sharing: sharingBench,
};

async function main(): Promise<void> {
  const options = {
    json: { type: 'string' },
    compare: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    'round-ms': { type: 'string', default: '100' },
    native: { type: 'boolean', default: false },
    only: { type: 'string' },
    torch: { type: 'string' },
    long: { type: 'boolean', default: false },
    svg: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const names = Object.keys(suites);
  if (values.help) return console.log(usage.replace('%', names.join(', ')));
  const unknown = positionals.find((name) => ![...names, 'peers', 'roofline'].includes(name));
  if (unknown !== undefined)
    throw new RangeError(`bench: a suite must be one of ${names.join(', ')}, peers, roofline; got ${unknown}`);

  const { only, torch, long } = values;
  const rounds = { rounds: Number(values.rounds), roundMs: Number(values['round-ms']) };
  const { simd, fma, threads } = features();
  const load = loadavg()[0]?.toFixed(1); // a load above 0 means that other processes disturb the measurement
  console.log(
    `Node ${process.version}, ${simd}-bit vectors, ${fma ? 'fma' : 'no fma'}, ${threads} threads, load ${load}`,
  );
  const rows: Row[] = [];
  for (const name of positionals.length > 0 ? positionals : names) {
    if (name === 'peers') {
      const { peersBench } = await import('./peers/peers.ts');
      rows.push(...(await peersBench({ ...rounds, native: values.native, only })));
    } else if (name === 'roofline') await rooflineBench(rounds, values.svg);
    else rows.push(...((await suites[name]?.({ ...rounds, only, torch, long })) ?? []));
  }
  if (values.json !== undefined) save(values.json, rows);
  if (values.compare !== undefined && compareWith(values.compare, rows)) process.exitCode = 1;
  await shutdown();
}

await main();
