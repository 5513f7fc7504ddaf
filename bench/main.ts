// The benches: all of them, or those named on the command line.

import { features } from 'treadle';
import { lanesBench } from './lanes.ts';
import { matmulBench } from './matmul.ts';
import { trainStepBench } from './train-step.ts';

const suites: Readonly<Record<string, () => void>> = {
  matmul: matmulBench,
  lanes: lanesBench,
  'train-step': trainStepBench,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(suites, name));
if (unknown !== undefined) throw new RangeError(`bench: suites are ${Object.keys(suites).join(', ')}; got ${unknown}`);

const { simd, fma, threads } = features();
console.log(`Node ${process.version}, ${simd}-bit vectors, ${fma ? 'fma' : 'no fma'}, ${threads} threads`);
for (const [name, run] of Object.entries(suites)) if (wanted.length === 0 || wanted.includes(name)) run();
