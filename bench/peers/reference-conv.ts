// A convolution of 5 × 5, relu and 2 × 2 max pooling in float64, with its gradients, in plain loops.

export interface ConvLayer {
  readonly batch: number;
  /** rows and columns of the input */
  readonly size: number;
  readonly channels: number;
  readonly filters: number;
  /** rows and columns of zeros around the input */
  readonly before: number;
}

interface Computed {
  readonly pooled: Float64Array;
  /** the gradients, given the gradient with respect to the pooled output */
  backward(dy: Float64Array): { readonly gradients: readonly Float64Array[]; readonly dx: Float64Array };
}

const taps = 5;

export function convolutional(x: Float64Array, w: Float64Array, b: Float64Array, layer: ConvLayer): Computed {
  const { batch, size, channels, filters, before } = layer;
  const output = size + 2 * before - taps + 1;
  const half = output / 2;
  const y = new Float64Array(batch * output * output * filters);
  for (let i = 0; i < y.length; i++) y[i] = b[i % filters]!;
  eachPair(layer, (at, weight, to) => {
    for (let c = 0; c < channels; c++)
      for (let f = 0; f < filters; f++) y[to + f]! += x[at + c]! * w[weight + c * filters + f]!;
  });
  const pooled = new Float64Array(batch * half * half * filters);
  const chosen = new Int32Array(pooled.length);
  pooled.forEach((_, to) => {
    const f = to % filters;
    const [image, row, column] = placeOf(Math.floor(to / filters), half);
    let best = -1;
    for (const [dy, dx] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const at = ((image * output + 2 * row + dy) * output + 2 * column + dx) * filters + f;
      if (best < 0 || y[at]! > y[best]!) best = at;
    }
    pooled[to] = Math.max(0, y[best]!);
    chosen[to] = best;
  });
  const backward: Computed['backward'] = (dPooled) => {
    const dy = new Float64Array(y.length);
    dPooled.forEach((d, from) => {
      if (pooled[from]! > 0) dy[chosen[from]!] = d;
    });
    const [dx, dw, db] = [new Float64Array(x.length), new Float64Array(w.length), new Float64Array(filters)];
    dy.forEach((d, i) => {
      db[i % filters]! += d;
    });
    eachPair(layer, (at, weight, to) => {
      for (let c = 0; c < channels; c++) {
        for (let f = 0; f < filters; f++) {
          const d = dy[to + f]!;
          dw[weight + c * filters + f]! += x[at + c]! * d;
          dx[at + c]! += w[weight + c * filters + f]! * d;
        }
      }
    });
    return { gradients: [dw, db], dx };
  };
  return { pooled, backward };
}

function placeOf(pixel: number, size: number): readonly [image: number, row: number, column: number] {
  return [Math.floor(pixel / size ** 2), Math.floor(pixel / size) % size, pixel % size];
}

/** The positions of a pixel, a weight and an output that belong together. */
function eachPair(
  { batch, size, channels, filters, before }: ConvLayer,
  visit: (x: number, w: number, y: number) => void,
): void {
  const output = size + 2 * before - taps + 1;
  for (let pixel = 0; pixel < batch * output * output; pixel++) {
    const [image, row, column] = placeOf(pixel, output);
    for (let tap = 0; tap < taps * taps; tap++) {
      const [y, x] = [row + Math.floor(tap / taps) - before, column + (tap % taps) - before];
      if (y < 0 || y >= size || x < 0 || x >= size) continue;
      visit(((image * size + y) * size + x) * channels, tap * channels * filters, pixel * filters);
    }
  }
}
