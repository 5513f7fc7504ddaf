// What a plan is made of, as plain data: drafted like the plan that a call would run, and neither kept nor run.

import { byteLength } from '@treadle/graph';
import type { Kernel, Work } from '@treadle/kernels';
import { chooseLevel } from '../code/instruction-level.ts';
import { encodeKernels } from '../code/link.ts';
import { optimized } from '../optimize/index.ts';
import { layOutTable } from '../plan/windows.ts';
import { largestLiveSet, rounded } from '../schedule/buffer-assignment.ts';
import { type Draft, draft } from '../schedule/draft.ts';
import { countedIn } from '../schedule/step.ts';
import type { Capture } from '../trace/capture.ts';
import { type ArgumentType, type Recorded, trace } from '../trace/record.ts';

/** A kernel as a step of a plan. */
export interface ExplainedKernel extends Work {
  /** what errors call it */
  readonly name: string;
  /** kernels of one phase run at the same time; all threads meet between phases */
  readonly phase: number;
  /** how many parts it is cut into, which threads claim one after the other */
  readonly tiles: number;
  /** what it is expected to take on one thread, roughly, in nanoseconds */
  readonly cost: number;
  /** how often it runs: once, but for what is in a loop; the other figures are those of one time */
  readonly times: number;
}

export interface PlanFigures {
  readonly kernels: readonly ExplainedKernel[];
  readonly phases: number;
  /** how often all threads meet */
  readonly barriers: number;
  /** of all kernels together (see the kernels') */
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** bytes of what comes from outside (arguments, variables, constants), and of what goes out (results, assigned variables) */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly arena: {
    /** what intermediates take */
    readonly bytes: number;
    /** what they would take beside each other */
    readonly bytesOfAll: number;
    /** the least possible: what is alive at the same time, where that is most */
    readonly bytesAlive: number;
  };
  /** the size of a WebAssembly module of all its kernels, those with the same code once */
  readonly moduleBytes: number;
  /** the size of what says in which order kernels run, and where their operands lie */
  readonly tableBytes: number;
}

/** The plan that a call of `f` would run. */
export function explainPlan(types: readonly ArgumentType[], f: Recorded): PlanFigures {
  const captured = optimized(trace(types, f).found);
  return figuresOf(captured, draft(captured, chooseLevel().level));
}

export function figuresOf(captured: Capture, { phases, inBlock, code }: Draft): PlanFigures {
  const kernels = phases.flatMap((phase, p) =>
    countedIn([phase]).map(({ kernel, times }) => describe(kernel, p, times)),
  );
  const total = (figure: 'flops' | 'bytesRead' | 'bytesWritten'): number =>
    kernels.reduce((sum, kernel) => sum + kernel.times * kernel[figure], 0);
  const { lifetimes } = inBlock;
  return {
    kernels,
    phases: phases.length,
    barriers: Math.max(0, phases.length - 1),
    flops: total('flops'),
    bytesRead: total('bytesRead'),
    bytesWritten: total('bytesWritten'),
    bytesIn: bytesOf(captured, captured.sources),
    bytesOut: bytesOf(
      captured,
      captured.roots.map(({ at }) => at),
    ),
    arena: {
      bytes: inBlock.bytes,
      bytesOfAll: lifetimes.reduce((sum, lifetime) => sum + rounded(lifetime), 0),
      bytesAlive: largestLiveSet(lifetimes),
    },
    moduleBytes: encodeKernels(code.values()).bytes.byteLength,
    tableBytes: 4 * layOutTable(phases, () => 0, false).words.length,
  };
}

function describe({ name, tiles, cost, work }: Kernel, phase: number, times: number): ExplainedKernel {
  return { name, phase, ...work, tiles, cost, times };
}

function bytesOf({ entries }: Capture, positions: readonly number[]): number {
  return positions.reduce((sum, at) => {
    const node = entries[at]?.node;
    return node ? sum + byteLength(node.dtype, node.shape) : sum;
  }, 0);
}
