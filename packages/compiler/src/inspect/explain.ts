// What a plan consists of, as plain data. The plan is drafted like the one that a call would run; it is neither cached nor run.

import { byteLength } from '@treadle/graph';
import type { Kernel, Work } from '@treadle/kernels';
import { chooseLevel } from '../code/instruction-level.ts';
import { encodeKernels } from '../code/link.ts';
import { optimize } from '../optimize/optimize.ts';
import { layOutTable } from '../plan/table-layout.ts';
import { alignedBytes, largestLiveSet } from '../schedule/buffer-assignment.ts';
import { type Draft, draft } from '../schedule/draft.ts';
import { countedIn } from '../schedule/phase.ts';
import { type Capture, capture } from '../trace/capture.ts';
import { type ArgumentType, type Recorded, trace } from '../trace/record.ts';

/** A kernel of a plan. */
export interface ExplainedKernel extends Work {
  /** its name in errors and profiles */
  readonly name: string;
  /** the number of its phase. Kernels of one phase run at the same time; between phases all threads meet */
  readonly phase: number;
  /** the number of tiles into which its work is divided; threads claim one tile after another */
  readonly tiles: number;
  /** estimated nanoseconds on one thread */
  readonly cost: number;
  /** how often it runs: once, or once for each iteration of a loop. The other figures are for one time */
  readonly times: number;
}

/** The figures of a plan. */
export interface PlanFigures {
  readonly kernels: readonly ExplainedKernel[];
  /** the number of phases, without those of loops */
  readonly phases: number;
  /** how often all threads meet between phases */
  readonly barriers: number;
  /** floating-point operations, and bytes read and written, of all kernels together, counted as for each kernel */
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** bytes of all inputs (arguments, variables, constants) and of all outputs (results, assigned variables) */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** bytes of intermediates */
  readonly arena: {
    /** what they take in the plan's memory */
    readonly bytes: number;
    /** what they would take without sharing memory */
    readonly bytesOfAll: number;
    /** the most that is alive at the same time: no layout takes less */
    readonly bytesAlive: number;
  };
  /** the size of a WebAssembly module of all kernels; equal code counts once */
  readonly moduleBytes: number;
  /** the size of the phase table and the address lists: the order of the kernels, and the addresses of their operands */
  readonly tableBytes: number;
}

/** The figures of the plan that a call of `f` with arguments of these types would run. */
export function explainPlan(types: readonly ArgumentType[], f: Recorded): PlanFigures {
  const optimized = optimize(capture(trace(types, f).order));
  return figuresOf(optimized, draft(optimized, chooseLevel().level));
}

/** The figures of a draft. */
export function figuresOf(optimized: Capture, { phases, layout, code }: Draft): PlanFigures {
  const kernels = phases.flatMap((phase, p) =>
    countedIn([phase]).map(({ kernel, times }) => figuresOfKernel(kernel, p, times)),
  );
  const total = (figure: 'flops' | 'bytesRead' | 'bytesWritten'): number =>
    kernels.reduce((sum, kernel) => sum + kernel.times * kernel[figure], 0);
  const { lifetimes } = layout;
  return {
    kernels,
    phases: phases.length,
    barriers: Math.max(0, phases.length - 1),
    flops: total('flops'),
    bytesRead: total('bytesRead'),
    bytesWritten: total('bytesWritten'),
    bytesIn: bytesOf(optimized, optimized.sources),
    bytesOut: bytesOf(
      optimized,
      optimized.roots.map(({ at }) => at),
    ),
    arena: {
      bytes: layout.bytes,
      bytesOfAll: lifetimes.reduce((sum, lifetime) => sum + alignedBytes(lifetime), 0),
      bytesAlive: largestLiveSet(lifetimes),
    },
    moduleBytes: encodeKernels(code.values()).bytes.byteLength,
    tableBytes: 4 * layOutTable(phases, () => 0, false).words.length,
  };
}

function figuresOfKernel({ name, tiles, cost, work }: Kernel, phase: number, times: number): ExplainedKernel {
  return { name, phase, ...work, tiles, cost, times };
}

function bytesOf({ entries }: Capture, positions: readonly number[]): number {
  return positions.reduce((sum, at) => {
    const node = entries[at]?.node;
    return node ? sum + byteLength(node.dtype, node.shape) : sum;
  }, 0);
}
