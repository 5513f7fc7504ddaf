// Projects in TypeScript that use the package: they compile without an error, with the types of Node and without them.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../place.ts';
import type { Row } from '../row.ts';

const nodeTypes = { '@types/node': '26.6.6' };

/** A program that uses types of many parts of the package. */
const consumer = `
import {
  adam, type Callback, compile, dense, digits, flatten, gradients, linspace, type Model, profile, sequential,
  sparseCategoricalCrossentropy, type Tensor, tensor, variable,
} from 'treadle';

const { train, test } = digits({ seed: 1 });
const model: Model = sequential([flatten({ inputShape: [8, 8, 1] }), dense(128, { activation: 'relu' }), dense(10)]);
model.compile({
  optimizer: adam(1e-3),
  loss: sparseCategoricalCrossentropy({ fromLogits: true }),
  metrics: ['accuracy'],
});
const callback: Callback = { onEpochEnd: (epoch) => void epoch };
export async function run(): Promise<number> {
  const { history } = await model.fit(train.x, train.y, { epochs: 2, validationData: [test.x, test.y], callbacks: [callback] });
  const probabilities: Tensor = await model.predict(test.x);
  return (history['loss']?.at(-1) ?? 0) + probabilities.shape.length;
}
const w = variable(0.1);
export const step: () => Tensor = compile(() => {
  const loss = linspace(0, 1, 100).mul(w).square().mean();
  const [dw] = gradients(loss, [w]);
  if (dw) w.assignSub(dw.mul(0.1));
  return loss;
});
export const ms: number = profile((x: Tensor) => x.mul(2))(tensor([1, 2])).ms;
// @ts-expect-error: the types are there, and say what is wrong
dense('many');
`;

interface Settings {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

/** What the compiler is told, by the kind of project. Everything is strict, and the declarations of the package are checked, too. */
function settings(withNode: boolean): Readonly<Record<string, Settings>> {
  const strict = {
    target: 'ES2022',
    lib: ['ES2023'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: false,
    noEmit: true,
    types: withNode ? ['node'] : [],
  };
  const bundler = { ...strict, module: 'ESNext', moduleResolution: 'Bundler' };
  return {
    Node: {
      compilerOptions: { ...strict, module: 'NodeNext', moduleResolution: 'NodeNext' },
      files: ['consumer.mts', 'consumer.cts'],
    },
    bundler: {
      compilerOptions: withNode ? bundler : { ...bundler, lib: ['ES2023', 'DOM'] },
      files: ['consumer.mts'],
    },
  };
}

async function check(place: Place, withNode: boolean): Promise<void> {
  place.write('consumer.mts', consumer);
  place.write('consumer.cts', consumer);
  for (const [name, config] of Object.entries(settings(withNode))) {
    place.write('tsconfig.json', JSON.stringify(config));
    const { code, stdout } = await place.run(place.tool('tsc'), ['--project', 'tsconfig.json']);
    if (code !== 0) {
      throw new Error(`${name}, ${withNode ? 'with' : 'without'} @types/node: code ${code}\n${stdout.slice(0, 3000)}`);
    }
  }
}

function row(version: string, isQuick: boolean): Row {
  return {
    name: `typescript-${version.split('.').slice(0, 2).join('.')}`,
    group: 'Types',
    host: `TypeScript ${version}`,
    what: 'ES modules, CommonJS and bundlers, strict, with `@types/node` and without it',
    threads: '',
    isQuick,
    tools: { typescript: version, ...nodeTypes },
    async run(place) {
      await check(place, true);
      rmSync(join(place.folder, 'node_modules', '@types'), { recursive: true });
      await check(place, false);
    },
  };
}

export const typeRows: readonly Row[] = [
  row('5.7.3', false),
  row('5.8.3', false),
  row('5.9.3', false),
  row('6.0.3', false),
  row('7.0.2', true),
];
