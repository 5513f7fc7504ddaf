// What the compiler must fuse in graphs that every model has. Each text says a line for each kernel (see showGroups); `%0`, `%1`, …
// are the values that kernels write to memory, numbered as the text names them. A fusion that is missed shows as a line too many.

import {
  activations,
  adam,
  batchNormalization,
  gradients,
  layerNormalization,
  lstm,
  sequential,
  sparseCategoricalCrossentropy,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from 'treadle';
import { expect, test } from 'vitest';
import { noise } from '../support/bits.ts';
import { groupsOf, lines, phasesOf } from './plan-texts.ts';

function filled(...shape: readonly number[]): Tensor {
  return tensor(
    noise(
      shape.reduce((product, extent) => product * extent, 1),
      1,
    ),
    { shape },
  );
}

const softmax = activations.softmax;

/** The phases of the last loop. */
const roundsOf = (texts: readonly string[]): readonly string[] => {
  const rounds = texts.slice(texts.findLastIndex((line) => line.startsWith('  scan')) + 1);
  const end = rounds.findIndex((line) => !/^ {2}(phase| {2})/.test(line));
  return rounds.slice(0, end < 0 ? undefined : end).map((line) => line.slice(2));
};

/** A loss whose gradient with respect to y is dy, up to a factor. */
function lossWith(dy: Tensor, y: Tensor): Tensor {
  return y.mul(dy).mean();
}

// A row stays in a near cache from its maximum to its quotient: one pass over memory, which reads x and writes y.
test('softmax is one kernel', () => {
  expect(groupsOf(softmax, filled(64, 100))).toEqual(
    lines(`
      row fusion 64×100: max; sub exp; sum; div ← arg0 → %0
    `),
  );
});

// The gradient needs y = softmax(x), which is computed in the same pass; y itself is not written.
test('so is its gradient', () => {
  const f = (x: Tensor, dy: Tensor) => gradients(lossWith(dy, softmax(x)), [x]);
  expect(groupsOf(f, filled(64, 100), filled(64, 100).add(1).realize())).toEqual(
    lines(`
      row fusion 64×100: max; sub exp; sum; div; mul mul sum; mul sub mul ← arg0 0.00015625 arg1 → %0
    `),
  );
});

const normalized = sequential([layerNormalization()]);
normalized.build([100]);

// Mean, variance and the normalized row in one pass over memory.
test('layer normalization is one kernel', () => {
  expect(groupsOf((x: Tensor) => normalized.call(x), filled(64, 100))).toEqual(
    lines(`
      row fusion 64×100: sum; div; sub mul sum; div add sqrt div; sub mul mul add ← arg0 100 1 100 0.001 v0 v1 → %0
    `),
  );
});

// dx is computed row by row. The gradients of scale and shift are sums over all rows: they share a pass, which normalizes x again
// as it reads it, because x is read anyway and the normalized rows would have to be written. The reshapes take no kernel.
test('its gradient is a kernel for dx, and one for the gradients of scale and shift together', () => {
  const f = (x: Tensor, dy: Tensor) =>
    gradients(lossWith(dy, normalized.call(x)), [x, ...normalized.trainableVariables]);
  expect(groupsOf(f, filled(64, 100), filled(64, 100).add(1).realize())).toEqual(
    lines(`
      row fusion 64×100: sum; mul mul sum; div; sub mul sum; mul mul sub mul sum; div add sqrt div; mul; mul mul mul; mul; mul mul mul sub mul add add ← 0.00015625 arg1 v0 1 arg0 100 100 0.001 -0.01 → %0 %1 %2
      reduce 100×64: mul sub mul mul mul sum ← 0.00015625 arg1 arg0 %0 %1 → %3 %4
      reshape 100 ← %3 → %5
      reshape 100 ← %4 → %6
    `),
  );
});

const [w, b] = [variable(filled(64, 32)), variable(filled(32))];

test('bias and activation of a dense layer are an epilogue of its product', () => {
  expect(groupsOf((x: Tensor) => x.matmul(w).add(b).relu(), filled(16, 64))).toEqual(
    lines(`
      matmul 16×32 with epilogue: add relu ← arg0 v0 v1 → %0
    `),
  );
});

// The forward product is needed for nothing but dz, so the gradient of the loss is part of its epilogue. The gradient of the bias
// is a sum over all rows of dz, of which a tile of the product sees a few only.
test('the gradient of a dense layer is three products and a sum', () => {
  const f = (x: Tensor, y: Tensor) => {
    const out = x.matmul(w).add(b).relu();
    return gradients(out.sub(y).square().mean(), [x, w, b]);
  };
  expect(groupsOf(f, filled(16, 64), filled(16, 32))).toEqual(
    lines(`
      matmul 16×32 with epilogue: add relu greater sub mul add where ← arg0 v0 v1 0 0.001953125 arg1 0 → %0
      matmul 16×64 ← v0 %0 → %1
      matmul 64×32 ← arg0 %0 → %2
      reduce 32×16: sum ← %0 → %3
    `),
  );
});

test('a step of Adam on ten variables is two phases: the step size, and one kernel for all updates', () => {
  const variables = Array.from({ length: 10 }, (_, i): Variable => variable(filled(10 + i, 7)));
  const optimizer = adam(1e-3);
  const step = (dws: readonly Tensor[]): void => optimizer.apply(dws, variables);
  const dws = variables.map((v) =>
    filled(...v.shape)
      .add(1)
      .realize(),
  );
  // The bias corrections follow from the step counter: one kernel of one element. Then, for each variable, one pass reads w, m, v and
  // dw, and writes w, m and v in place.
  const [first, second, update, ...others] = groupsOf(step, dws);
  expect([first, second, update]).toEqual(
    lines(`
      elementwise 1: cast add mul expm1 neg sqrt mul mul expm1 neg div ← v0 v3 1 -0.0010005003335835344 -0.10536051565782628 → %0
      elementwise 1: add ← v0 1 → %1 in v0
      elementwise 10×7: sub mul add abs less where mul mul sub mul add abs less where sqrt add div sub ← v1 v2 arg0 0.09999999999999998 1e-30 0 %0 v4 0.0010000000000000009 1e-30 0 1e-7 → %2 in v2 %3 in v4 %4 in v1
    `),
  );
  // All updates do the same, so the schedule makes them one multi-tensor kernel.
  const opsOf = (line: string | undefined) => line?.split(':')[1]?.split('←')[0];
  expect(others.map(opsOf)).toEqual(new Array(9).fill(opsOf(update)));
  expect(phasesOf(step, dws)).toEqual(
    lines(`
      phase 1
        cast·add·mul·expm1·neg·sqrt·mul·mul·expm1·neg·div
      phase 2
        add
        sub·mul·add·abs·less·where·mul·mul·sub·mul·add·abs·less·where·sqrt·add·div·sub 10 × 1015
    `),
  );
});

/** Many small matrices: the scores of one of them fit in a near cache, those of all do not. */
const [q, k, v, dy] = [1, 2, 3, 4].map((n) => filled(40, 64, 64).mul(n).realize());

function attention(queries: Tensor, keys: Tensor, values: Tensor): Tensor {
  return softmax(queries.matmul(keys, { transposeB: true }).mul(0.125)).matmul(values);
}

// The three kernels run tile by tile: the scores and weights of a tile stay in its thread's scratch and are never written.
test('attention is two products and a softmax, in one kernel', () => {
  expect(groupsOf(attention, q!, k!, v!)).toEqual(
    lines(`
      matmul 40×64×64 ← arg0 arg1 → %0
      row fusion 40×64×64: mul max; mul sub exp; sum; div ← %0 0.125 → %1
      matmul 40×64×64 ← %1 arg2 → %2
    `),
  );
  expect(phasesOf(attention, q!, k!, v!)).toEqual(
    lines(`
      phase 1
        matmul 40×64×64×64 → mul·max·mul·sub·exp·sum·div 40×64×64 → matmul 40×64×64×64
    `),
  );
});

// The weights are computed in the row fusion that computes the gradient of the scores from them. The scale of the loss is applied
// to dy once, because two products read it; that of the keys is an epilogue of their gradient. All that touches scores runs tile by
// tile in one kernel: neither scores nor weights nor their gradients are written.
test('its gradient is five products and one pass over the scores', () => {
  const f = (...[x, y, z, dz]: Tensor[]) => {
    const result = softmax(x!.matmul(y!.mul(0.125), { transposeB: true })).matmul(z!);
    return gradients(lossWith(dz!, result), [x!, y!, z!]);
  };
  expect(groupsOf(f, q!, k!, v!, dy!)).toEqual(
    lines(`
      elementwise 40×64×64: mul ← arg1 0.125 → %0
      matmul 40×64×64 ← arg0 %0 → %1
      elementwise 40×64×64: mul ← 0.000006103515625 arg3 → %2
      matmul 40×64×64 ← %2 arg2 → %3
      row fusion 40×64×64: max; sub exp; sum; div; mul sum; sub mul ← %1 %3 → %4 %5
      matmul 40×64×64 ← %0 %5 → %6
      matmul 40×64×64 with epilogue: mul ← arg0 0.125 %5 → %7
      matmul 40×64×64 ← %4 %2 → %8
    `),
  );
  expect(phasesOf(f, q!, k!, v!, dy!)).toEqual(
    lines(`
      phase 1
        mul 40×64×64
        mul 40×64×64
      phase 2
        matmul 40×64×64×64 → matmul 40×64×64×64 → max·sub·exp·sum·div·mul·sum·sub·mul 40×64×64 → matmul 40×64×64×64 → matmul 40×64×64×64 → matmul 40×64×64×64
    `),
  );
});

const batchNormalized = sequential([batchNormalization()]);
batchNormalized.build([16, 16, 32]);
const images = filled(8, 16, 16, 32);

/** The kernels that go through a whole image: what is computed for each channel alone takes next to no time. */
const overImages = (texts: readonly string[]): readonly string[] => texts.filter((line) => line.includes('8×16×16'));

// Mean, variance, result: the variance needs the mean, and the result needs both, so there are three passes over x, and the second
// and third centre x again instead of reading a centred copy.
test('batch normalization and relu are three passes over the images', () => {
  const f = (x: Tensor) => batchNormalized.call(x, { training: true }).relu();
  expect(overImages(groupsOf(f, images))).toEqual(
    lines(`
      reduce 32×8×16×16: sum ← arg0 → %0
      reduce 32×8×16×16: sub mul sum ← arg0 %1 → %2
      elementwise 8×16×16×32: sub mul add relu ← arg0 %1 %3 v1 → %4
    `),
  );
});

// Scale and shift follow from the moving statistics: x is read once.
test('in inference they are one pass', () => {
  expect(groupsOf((x: Tensor) => batchNormalized.call(x).relu(), images)).toEqual(
    lines(`
      elementwise 1×1×1×32: add sqrt div mul ← 1 v0 0.001 v1 → %0
      elementwise 1×1×1×32: mul sub ← %0 v2 v3 → %1
      elementwise 8×16×16×32: mul add relu ← arg0 %0 %1 → %2
    `),
  );
});

// The forward pass's mean and variance; then the gradient of relu, which is written because two kernels read it; both sums over it (the
// gradients of scale and shift) in one pass; and dx. The result of the forward pass is not written.
test('their gradient is five passes over the images', () => {
  const f = (x: Tensor, dz: Tensor) =>
    gradients(lossWith(dz, batchNormalized.call(x, { training: true }).relu()), [
      x,
      ...batchNormalized.trainableVariables,
    ]);
  expect(overImages(groupsOf(f, images, images.add(1).realize()))).toEqual(
    lines(`
      reduce 32×8×16×16: sum ← arg0 → %0
      reduce 32×8×16×16: sub mul sum ← arg0 %1 → %2
      elementwise 8×16×16×32: sub mul add relu greater mul where ← arg0 %1 %4 v1 0 0.0000152587890625 arg1 0 → %5
      reduce 32×8×16×16: sub mul sum ← arg0 %1 %5 → %6 %7
      elementwise 8×16×16×32: mul sub mul add add ← arg0 %1 %4 %5 %8 %9 → %10
    `),
  );
});

// Labels out of range give NaN, which is the part of the text before the softmax.
test('the gradient of cross-entropy with respect to logits is one kernel', () => {
  const loss = sparseCategoricalCrossentropy({ fromLogits: true });
  const labels = tensor(Int32Array.from({ length: 32 }, (_, i) => i % 10));
  const f = (logits: Tensor, y: Tensor) => gradients(loss(y, logits), [logits]);
  expect(groupsOf(f, filled(32, 10), labels)).toEqual(
    lines(`
      row fusion 32×10: greaterEqual less logicalAnd where neg; stopGradient max; equal where; sub exp; neg sum; sum; div; mul add ← arg1 stored0 0 10 0.03125 0 0 arg0 → %0
    `),
  );
});

// The inputs of all steps take one product before the loop, behind a copy that puts steps before samples. A round is the product of
// the state, with the input part added in its epilogue, and one kernel for all gates and both states: a gate needs columns from four
// parts of the product, so it is no epilogue. The two copies write what the loop begins with and what it returns.
test('a round of an LSTM is a product and one elementwise kernel', () => {
  const recurrent = sequential([lstm(16)]);
  recurrent.build([12, 6]);
  const f = (x: Tensor) => recurrent.call(x);
  expect(groupsOf(f, filled(32, 12, 6))).toEqual(
    lines(`
      copy 12×32×6 ← arg0 → %0
      matmul 384×64 with epilogue: add ← %0 v0 v1 → %1
      loop of 12 iterations ← 0 0 %1 v2 → %2
    `),
  );
  expect(phasesOf(f, filled(32, 12, 6))).toEqual(
    lines(`
      phase 1
        copy 12×32×6
      phase 2
        matmul 384×6×64 with add
        copy 2 × 1024
      phase 3
        scan 12
        phase 1
          matmul 32×16×64 with add
        phase 2
          sigmoid·sigmoid·mul·sigmoid·tanh·mul·add·tanh·mul 32×16
      phase 4
        copy
    `),
  );
});

// All gates' gradients contain the gradient of the cell, and the product needs them side by side. One kernel computes them, writes
// them to their columns, and keeps the gradient of the cell in registers.
test('a round of its gradient is one elementwise kernel and a product', () => {
  const recurrent = sequential([lstm(16)]);
  recurrent.build([12, 6]);
  const f = (x: Tensor) => gradients(recurrent.call(x).sum(), [x]);
  expect(roundsOf(phasesOf(f, filled(32, 12, 6)))).toEqual(
    lines(`
      phase 1
        mul·mul·sub·mul·add·mul·sub·mul·mul·mul·sub·mul·mul·mul·mul·sub·mul·mul·mul·sub·mul·mul 32×16
      phase 2
        matmul 32×64×16
    `),
  );
});

// One loop over all five functions takes the latency of the gates and of the activation of the cell, one after the other. With as many
// elements as here, two loops are faster.
test('a wide LSTM activates its cell in a kernel of its own', () => {
  const recurrent = sequential([lstm(128)]);
  recurrent.build([12, 6]);
  const f = (x: Tensor) => recurrent.call(x);
  expect(roundsOf(phasesOf(f, filled(32, 12, 6)))).toEqual(
    lines(`
      phase 1
        matmul 32×128×512 with add
      phase 2
        sigmoid·mul·sigmoid·tanh·mul·add 32×128
      phase 3
        sigmoid·tanh·mul 32×128
    `),
  );
});
