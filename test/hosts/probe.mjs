// The program that every host runs: the README's example, then enough work for all threads. It uses nothing but the package and
// what every JavaScript engine has, so that it can be bundled, tested, and run anywhere. `program.ts` gives it other forms.

import {
  activations,
  adam,
  dense,
  digits,
  features,
  flatten,
  profile,
  randomNormal,
  sequential,
  setSeed,
  sparseCategoricalCrossentropy,
  threads,
} from 'treadle';

/** FNV-1a of the bytes of an array, which tells whether two hosts have computed the same bits. */
function digestOf(values) {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/** Trains, then computes until every thread has had a part of one kernel, or has had none in 300 runs. */
export async function probe() {
  setSeed(1);
  const { train, test } = digits({ seed: 1 });
  const model = sequential([
    flatten({ inputShape: [8, 8, 1] }),
    dense(128, { activation: activations.relu }),
    dense(10),
  ]);
  model.compile({
    optimizer: adam(1e-3),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  await model.fit(train.x, train.y, { epochs: 20, batchSize: 32, validationData: [test.x, test.y], seed: 1 });
  const { accuracy } = await model.evaluate(test.x, test.y);
  const trained = digestOf((await model.predict(test.x)).data());

  const matrix = randomNormal([512, 512], { seed: 2 });
  const sums = (x) => x.matmul(x).sum(0);
  const awaited = digestOf(await sums(matrix).read());
  const measured = profile(sums);
  const worked = new Set();
  let blocked;
  for (let run = 0; run < 300 && worked.size < threads(); run++) {
    const { result, kernels } = measured(matrix);
    blocked = digestOf(result.data());
    for (const kernel of kernels) {
      kernel.threads.forEach(({ tiles }, thread) => {
        if (tiles > 0) worked.add(thread);
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 5)); // a thread starts on the event loop
  }

  const { simd, fma } = features();
  return {
    accuracy,
    digest: [trained, awaited, blocked].join(' '),
    threads: threads(),
    worked: worked.size,
    simd,
    fma,
    megabytes: Math.round((globalThis.process?.resourceUsage?.().maxRSS ?? 0) / 1024),
  };
}

/** Prints what the probe found in one line, which `probes.ts` reads. */
export async function main(print = console.log) {
  print(`treadle-probe ${JSON.stringify(await probe())}`);
}
