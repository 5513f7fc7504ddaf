// Programs that run on a page, in a web worker and in Node alike: each is given the library and what differs, and returns plain data.

/** A number that tells whether all elements have the same bits. */
function checksum(values) {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return words.reduce((sum, word) => (Math.imul(sum, 31) + word) >>> 0, 7);
}

/** The weights of a trained model and what it predicts, as checksums, and the losses. */
async function outcome(model, { history }, x) {
  const weights = [];
  for (const weight of Object.values(model.getWeights())) weights.push(checksum(await weight.read()));
  return { losses: history.loss, weights, predicted: checksum(await (await model.predict(x)).read()) };
}

export async function trainXor(t) {
  t.setSeed(7);
  const x = t.tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = t.tensor([[0], [1], [1], [0]]);
  const model = t.sequential([
    t.dense(4, { activation: 'tanh', inputShape: [2] }),
    t.dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({ optimizer: t.adam(0.05), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  const history = await model.fit(x, y, { epochs: 100, batchSize: 4, verbose: 0 });
  return { ...(await outcome(model, history, x)), evaluated: await model.evaluate(x, y) };
}

/** The digits, by a network of convolutions. */
export async function trainDigits(t) {
  t.setSeed(1);
  const { train, test } = t.digits({ seed: 1 });
  const model = t.sequential([
    t.conv2d(8, 3, { activation: 'relu', inputShape: [8, 8, 1] }),
    t.maxPooling2d(2),
    t.flatten(),
    t.dense(10),
  ]);
  const loss = t.sparseCategoricalCrossentropy({ fromLogits: true });
  model.compile({ optimizer: t.adam(1e-2), loss, metrics: ['accuracy'] });
  const history = await model.fit(train.x, train.y, { epochs: 2, batchSize: 64, verbose: 0 });
  return { ...(await outcome(model, history, test.x)), evaluated: await model.evaluate(test.x, test.y) };
}

/** Sequences, by a recurrent network: its loops run inside a plan, and an initial value is computed outside of any. */
export async function trainSequences(t) {
  t.setSeed(2);
  const x = t.randomNormal([64, 12, 5], { seed: 3 });
  const y = x.sum([1, 2]).greater(0).cast('float32').reshape([64, 1]);
  const model = t.sequential([t.gru(9, { inputShape: [12, 5] }), t.dense(1, { activation: 'sigmoid' })]);
  model.compile({ optimizer: t.adam(1e-2), loss: 'binaryCrossentropy' });
  return outcome(model, await model.fit(x, y, { epochs: 3, batchSize: 16, verbose: 0 }), x);
}

/** Two models that are trained at the same time. */
export async function trainTwo(t) {
  const x = t.randomNormal([256, 20], { seed: 1 });
  const trained = (seed) => {
    t.setSeed(seed);
    const model = t.sequential([t.dense(30, { activation: 'relu', inputShape: [20] }), t.dense(20)]);
    model.compile({ optimizer: t.sgd(1e-2), loss: 'mse' });
    return model.fit(x, x, { epochs: 3, seed, verbose: 0 });
  };
  const histories = await Promise.all([trained(1), trained(2)]);
  return histories.map(({ history }) => history.loss);
}

/** Whole numbers in so many bytes that the memory has to grow again and again: their sums are known. */
export async function growMemory(t) {
  const before = t.memory().bytesReserved;
  const length = 6_000_000;
  const wrong = [];
  const kept = [];
  for (let i = 1; i <= 6; i++) {
    const values = new Float32Array(length).fill(i);
    values[length - 1] = 1000 + i;
    const x = t.tensor(values).add(1);
    kept.push(x);
    const read = await x.read();
    if (read[0] !== i + 1 || read[length - 1] !== 1001 + i) wrong.push(i);
  }
  for (const [i, x] of kept.entries()) if ((await x.max().read())[0] !== 1002 + i) wrong.push(-i);
  return { wrong, hasGrown: t.memory().bytesReserved > before + 4 * 4 * length };
}

/** A table from CSV, as rows of numbers. */
export async function readTable(t, from) {
  const { x, y } = await t.readCsvAsync(from, { header: true, target: 'y' });
  return { x: [...(await x.read())], y: [...(await y.read())] };
}

/** What is thrown where values are read at once, and whether they can be once they were awaited. */
export async function readAtOnce(t) {
  const sum = t.randomNormal([50, 50], { seed: 1 }).sum();
  const texts = [() => sum.item(), () => sum.data(), () => sum.toArray(), () => `${sum}`].map((read) => {
    try {
      return typeof read();
    } catch (error) {
      return error.message;
    }
  });
  const [awaited] = await sum.read();
  return { texts, isSame: sum.item() === awaited };
}

/** How often the event loop has a turn while a long run is computed, and the result. */
export async function turnsMeanwhile(t) {
  const a = t.randomNormal([1200, 1200], { seed: 1 });
  await a.read();
  const { port1, port2 } = new MessageChannel();
  let turns = 0;
  port1.onmessage = () => {
    turns++;
    port2.postMessage(0);
  };
  port2.postMessage(0);
  let product = a;
  for (let i = 0; i < 6; i++) product = product.matmul(a).mul(0.02);
  const [sum] = await product.sum().read();
  port1.close();
  return { turns, sum };
}

/** An index out of range: the error, and whether the engine goes on. */
export async function refuse(t) {
  const x = t.tensor([1, 2, 3]);
  const messages = [];
  const lookUp = t.compile((indices) => x.gather(indices));
  for (const read of [
    () => x.gather(t.tensor([5], { dtype: 'int32' }).add(0)).read(),
    () =>
      lookUp(t.tensor([7], { dtype: 'int32' }))
        .add(1)
        .read(),
  ]) {
    messages.push(await read().catch((error) => `${error.name}: ${error.message}`));
  }
  return { messages, after: [...(await x.add(1).read())] };
}

/** The threads that are started, and whether all end. */
export async function threads(t) {
  const a = t.randomNormal([600, 600], { seed: 1 });
  const [sum] = await a.matmul(a).sum().read();
  await t.shutdown();
  const [again] = await a.matmul(a).sum().read();
  return { threads: t.threads(), sum, isSame: sum === again };
}
