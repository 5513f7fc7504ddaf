// The instruction level for which kernels are written: measured once, when it is first needed, in a few milliseconds. A level is chosen
// only if it computes a product right. Whether it rounds once is decided before its width, so that noise in the measurement never
// changes a result. Wide vectors are chosen only if they are clearly faster.

import { type Level, type Probe, probe } from '@treadle/kernels';
import { createMemory, fmaSetting, host, isMemoryShared, simdSetting, webAssembly } from '@treadle/runtime';
import { compileModule } from './compile-module.ts';
import { isClearlyFaster } from './is-clearly-faster.ts';
import { allowRelaxed, canAllowRelaxed, canJoinVectors, joinVectors } from './v8-flags.ts';

/** The chosen level. */
export interface Choice {
  readonly level: Level;
  /** what the micro-kernel reached on this thread, in 10⁹ operations per second */
  readonly gflops: number;
  /** whether V8's flags may be set for the engine's modules: not with TREADLE_SIMD=off */
  readonly setsFlags: boolean;
}

interface Settings {
  readonly simd: ReturnType<typeof simdSetting>;
  readonly fma: boolean;
}

let choice: Choice | undefined;

/**
 * The fastest level that is right on this machine, within TREADLE_SIMD=128|256|off and TREADLE_FMA=off.
 *
 * @throws RangeError for other values of these variables.
 */
export function chooseLevel(): Choice {
  choice ??= choose({ simd: simdSetting(), fma: fmaSetting() });
  return choice;
}

function choose(settings: Settings): Choice {
  const setsFlags = settings.simd !== 'off';
  const relaxed = settings.fma ? probe({ bits: 128, fma: true }, isMemoryShared()) : undefined;
  const best =
    (relaxed && isAllowed(relaxed, setsFlags) ? fastest(true, settings, relaxed) : undefined) ??
    fastest(false, settings);
  if (best === undefined) throw new Error('internal: no instruction level gives right products on this machine');
  return { ...best, setsFlags };
}

/** Whether V8 accepts relaxed instructions, after setting the flag for them if it is needed. */
function isAllowed({ bytes }: Probe, setsFlags: boolean): boolean {
  if (!webAssembly.validate(bytes) && setsFlags && canAllowRelaxed) allowRelaxed();
  return webAssembly.validate(bytes);
}

type Measured = Pick<Choice, 'level' | 'gflops'>;

/** Setting V8's flag affects all code that is compiled afterwards, so the narrow level is compiled first. */
function fastest(fma: boolean, { simd }: Settings, narrowProbe?: Probe): Measured | undefined {
  const setsFlags = simd !== 'off';
  const narrow = simd === '256' ? undefined : trialOf({ bits: 128, fma }, setsFlags, narrowProbe);
  if (simd === 'off' || simd === '128') return narrow && measured(narrow);
  const areJoined = canJoinVectors && joinVectors(true);
  if (simd === undefined && !areJoined) return narrow && measured(narrow);
  const wide = trialOf({ bits: 256, fma }, setsFlags);
  if (wide && (narrow === undefined || isClearlyFaster(wide.time, narrow.time))) return measured(wide);
  if (areJoined) joinVectors(false);
  return narrow && measured(narrow);
}

/** A level that multiplies right. */
interface Trial {
  readonly level: Level;
  /** runs the micro-kernel for about 0.1 ms: the nanoseconds that an operation took */
  readonly time: () => number;
}

const products = 200;
const repetitions = 8;
/** how many times as many products are timed where the clock is too coarse for these, as that of some web pages is */
const coarseClock = 50;

function measured({ level, time }: Trial): Measured {
  const times = Array.from({ length: repetitions }, time);
  return { level, gflops: 1 / Math.min(...times) };
}

/** undefined if the product is wrong */
function trialOf(level: Level, setsFlags: boolean, trial: Probe = probe(level, isMemoryShared())): Trial | undefined {
  const run = runnerOf(trial, setsFlags);
  if (run === undefined) return undefined;
  const timeOf = (count: number): number => {
    const start = host.nanoseconds();
    run(count);
    return (host.nanoseconds() - start) / (trial.flops * count);
  };
  return { level, time: () => timeOf(products) || timeOf(coarseClock * products) };
}

function runnerOf(trial: Probe, setsFlags: boolean): ((products: number) => void) | undefined {
  const memory = createMemory(1, 1);
  const floats = new Float32Array(memory.buffer);
  const env = { memory };
  const { run } = setsFlags
    ? compileModule(trial.bytes, env).instance.exports
    : new webAssembly.Instance(new webAssembly.Module(trial.bytes), { env }).exports;
  trial.prepare(floats);
  run?.(1);
  return trial.isRight(floats) ? run : undefined;
}
