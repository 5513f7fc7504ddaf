// The weights of a convolution as the right side of a product: k runs over taps and channels; columns are filters, in panels of
// nr. They are read in place where one panel holds all filters as neighbours; otherwise a kernel packs them once for all tiles.
// The view of the weights decides in which direction taps run, and which axis the filters are.

import { type Address, address, type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { plus, times } from '../core/arithmetic.ts';
import { sizeOf } from '../core/collapse-dims.ts';
import type { Kernel, Level, Operand, Slot, View } from '../core/kernel.ts';
import { copyKernel } from '../elementwise/copy.ts';
import { computedColumns } from '../matmul/micro-kernel.ts';

/** Weights ready to be read: the panels of the first group, then those of the next. */
export interface Panels {
  readonly operand: Operand;
  /** filters of a group */
  readonly filters: number;
  readonly nr: number;
  readonly groupBytes: number;
  readonly panelBytes: number;
  /** bytes from one k to the next in a panel of `width` columns */
  strideOf(width: number): number;
}

/**
 * `weights`: [groups, rows, columns, channels, filters of a group], any view; `isSmall`: read in place whenever possible. Adds the
 * kernels that pack them to `kernels`.
 */
export function panelsFrom(
  weights: Operand,
  nr: number,
  isSmall: boolean,
  level: Level,
  allocate: (length: number) => Slot,
  kernels: Kernel[],
): Panels {
  const [groups = 1, rows = 1, columns = 1, channels = 1, filters = 1] = weights.view.shape;
  const k = rows * columns * channels;
  const inPlace = strideInPlace(weights.view);
  if (groups === 1 && (isSmall || filters <= nr) && inPlace !== undefined) {
    const bytes = { groupBytes: 0, panelBytes: 4 * nr, strideOf: () => 4 * inPlace };
    return { operand: weights, filters, nr, ...bytes };
  }
  const whole = Math.floor(filters / nr);
  const width = (of: number): number => computedColumns(of, level);
  const last = filters - whole * nr;
  const perGroup = k * (whole * nr + (last > 0 ? width(last) : 0));
  const slot = allocate(groups * perGroup);
  const cut = { weights, slot, nr, perGroup, level };
  if (whole > 0) kernels.push(packKernel(cut, whole, nr, 0));
  if (last > 0) kernels.push(packKernel(cut, 1, last, whole));
  return {
    operand: { slot, view: { shape: [], strides: [], offset: 0 } },
    filters,
    nr,
    groupBytes: 4 * perGroup,
    panelBytes: 4 * k * nr,
    strideOf: (of) => 4 * width(of),
  };
}

/** Weights, and where their panels go. */
interface PanelCut {
  readonly weights: Operand;
  readonly slot: Slot;
  readonly nr: number;
  /** elements of the panels of a group */
  readonly perGroup: number;
  readonly level: Level;
}

/** The kernel that packs `panels` panels of `width` columns of each group, from panel `firstPanel` on. */
function packKernel(
  { weights, slot, nr, perGroup, level }: PanelCut,
  panels: number,
  width: number,
  firstPanel: number,
) {
  const { shape: sizes, strides, offset } = weights.view;
  const [groups = 1, rows = 1, columns = 1, channels = 1, filters = 1] = sizes;
  const [g = 0, y = 0, x = 0, c = 0, f = 0] = strides;
  const shape = [groups, panels, rows, columns, channels, width];
  const from: View = { shape, strides: [g, nr * f, y, x, c, f], offset: offset + firstPanel * nr * f };
  const k = rows * columns * channels;
  const stride = computedColumns(width, level);
  const to: View = {
    shape,
    strides: [perGroup, k * nr, columns * channels * stride, channels * stride, stride, 1],
    offset: firstPanel * k * nr,
  };
  const name = `conv pack ${rows}×${columns}×${channels}×${filters}`;
  return copyKernel(name, { slot: weights.slot, view: from }, { slot, view: to }, 0.3);
}

/** Elements from one k to the next, if taps and channels follow each other and filters are neighbours; otherwise undefined. */
function strideInPlace({ shape, strides }: View): number | undefined {
  const [, , columns = 1, channels = 1, filters = 1] = shape;
  const [, y = 0, x = 0, c = 0, f = 0] = strides;
  const isStride = (d: number, stride: number, expected: number): boolean =>
    (shape[d] ?? 1) <= 1 || stride === expected;
  const stride = channels > 1 ? c : columns > 1 ? x : (shape[1] ?? 1) > 1 ? y : filters;
  const isPlain = isStride(4, f, 1) && isStride(2, x, channels * stride) && isStride(1, y, columns * channels * stride);
  return isPlain && stride >= 0 && sizeOf(shape) > 0 ? stride : undefined;
}

/** Calls `body` once, as the inside of a loop over groups where there are several. */
export function eachGroup(f: FunctionBuilder, groups: number, body: (group: Expr<'i32'>) => void): void {
  if (groups === 1) {
    body(i32.const(0));
    return;
  }
  const group = f.local('i32', 0);
  f.forSteps(group, i32.const(groups), 1, () => body(group));
}

/** Calls `body` for full panels and for the last panel, with the address of the first k, the first column and the width. */
export function eachPanel(
  f: FunctionBuilder,
  { filters, nr, panelBytes }: Panels,
  first: Address,
  body: (panel: Address, column: Expr<'i32'>, width: number) => void,
): void {
  const [whole, last] = [Math.floor(filters / nr), filters % nr];
  if (whole > 0) {
    const j = f.local('i32', 0);
    f.forSteps(j, i32.const(whole), 1, () => {
      body(f.let(address.add(first, address.times(j, panelBytes))), f.let(times(j, nr)), nr);
    });
  }
  if (last > 0) body(f.let(plus(first, whole * panelBytes)), i32.const(whole * nr), last);
}
