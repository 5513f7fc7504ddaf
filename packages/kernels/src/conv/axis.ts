// One axis of a convolution as numbers: output o is the sum over taps t of the input at o·stride + t·dilation − before; inputs
// outside count as 0. The gradient of the input along the axis consists of such sums again, one axis for each phase of the
// stride: positions that are equal modulo the stride are reached by the same taps.

/** Sizes are in positions of the input. */
export interface ConvAxis {
  /** the number of inputs */
  readonly input: number;
  /** the number of outputs */
  readonly output: number;
  /** the length of the filter */
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** how far the first window reaches out before the input; negative where it begins inside */
  readonly before: number;
}

/** The number of positions from the first window's first tap to the last window's last tap. */
export function extentOf({ output, taps, stride, dilation }: ConvAxis): number {
  return (output - 1) * stride + (taps - 1) * dilation + 1;
}

/** Whether some window reaches outside the input. */
export function reachesOut(axis: ConvAxis): boolean {
  return axis.before > 0 || extentOf(axis) - axis.before > axis.input;
}

/** The inputs at phase, phase + stride, …: an axis whose inputs are the outputs, and the taps that reach them. */
export interface Phase {
  readonly phase: number;
  readonly axis: ConvAxis;
  /** the tap that comes first in the sums */
  readonly firstTap: number;
  /** from a tap of the sums to the next */
  readonly tapStride: number;
}

/** The adjoint of an axis: x[i] gathers y[o] over all taps t with o·stride + t·dilation − before = i. */
export function phasesOf({ input, output, taps, stride, dilation, before }: ConvAxis): Phase[] {
  const common = greatestDivisor(stride, dilation);
  const [tapStride, between] = [stride / common, dilation / common];
  return Array.from({ length: Math.min(stride, input) }, (_, phase) => {
    const isReached = (t: number): boolean => (phase + before - t * dilation) % stride === 0;
    const lowest = Array.from({ length: Math.min(taps, tapStride) }, (_, t) => t).find(isReached);
    const count = lowest === undefined ? 0 : Math.ceil((taps - lowest) / tapStride);
    const highest = (lowest ?? 0) + Math.max(0, count - 1) * tapStride;
    // Taps run from the highest down, so that the outputs they read run upwards: o = (i + before − t·dilation) / stride.
    const first = (phase + before - highest * dilation) / stride;
    return {
      phase,
      axis: {
        input: output,
        output: Math.ceil((input - phase) / stride),
        taps: count,
        stride: 1,
        dilation: between,
        before: -first,
      },
      firstTap: highest,
      tapStride: -tapStride,
    };
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
