// Fewer dimensions, the same elements in the same order: dimensions of size 1 are dropped, and neighbouring dimensions are joined
// where every view steps through both as through one. What remains is what loops are made of.

/** The number of elements of an array; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides of a dense array, in elements. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

/** The dimensions that remain. */
export interface Collapsed {
  readonly shape: readonly number[];
  /** of each view, one stride for each dimension of `shape` */
  readonly strides: readonly (readonly number[])[];
}

/** `views`: the strides of each view of `shape`, in any unit. */
export function collapseDims(shape: readonly number[], views: readonly (readonly number[])[]): Collapsed {
  const sizes: number[] = [];
  const strides: number[][] = views.map(() => []);
  shape.forEach((size, d) => {
    if (size === 1) return;
    const isRun = sizes.length > 0 && views.every((view, v) => strides[v]?.at(-1) === (view[d] ?? 0) * size);
    if (isRun) {
      sizes.push((sizes.pop() ?? 1) * size);
      for (const kept of strides) kept.pop();
    } else {
      sizes.push(size);
    }
    views.forEach((view, v) => {
      strides[v]?.push(view[d] ?? 0);
    });
  });
  return { shape: sizes, strides };
}
