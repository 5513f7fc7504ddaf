// ONNX Runtime as a peer, as WebAssembly or as its native add-on. Arguments: `web` or `node`, the number of threads.

import type { OrtModule } from 'onnxruntime-web';
import { modelOf } from './onnx-model.ts';
import { Cannot, type Prepared, serve } from './peer.ts';
import { type Inputs, input, type Row } from './row.ts';

const [, , flavour = 'web', threads = '1'] = process.argv;
const ort: OrtModule = flavour === 'web' ? await import('onnxruntime-web') : await import('onnxruntime-node');
const numThreads = Number(threads);
if (flavour === 'web') ort.env.wasm.numThreads = numThreads;

async function prepare(row: Row, inputs: Inputs): Promise<Prepared> {
  const model = modelOf(row, inputs);
  if (!model) throw new Cannot('runs models but does not train them');
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [flavour === 'web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: numThreads,
    interOpNumThreads: 1,
  });
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => [
      name,
      new ort.Tensor('float32', input(inputs, name).values, input(inputs, name).shape),
    ]),
  );
  return {
    run: () => session.run(feeds),
    isAsync: true,
    result: async () => {
      const { out } = await session.run(feeds);
      if (!out) throw new Error('internal: no output');
      return out.data;
    },
  };
}

await serve(prepare);
