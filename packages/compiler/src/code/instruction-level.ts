// Which instructions the engine writes its kernels for: tried once, on first need, for a few milliseconds in all. A level
// counts only if it multiplies right; among those, whether it rounds once comes before how wide it is, so that noise in the
// measurement never shows in a result. The only place that reads TREADLE_SIMD and TREADLE_FMA.

import { type Level, type Probe, probe } from '@treadle/kernels';
import { createMemory, host, webAssembly } from '@treadle/runtime';
import { compileModule } from './compile-module.ts';
import { allowRelaxed, canAllowRelaxed, canJoinVectors, joinVectors } from './v8-flags.ts';

export interface Choice {
  readonly level: Level;
  /** what the micro-kernel reached on this thread, in 10⁹ operations a second */
  readonly gflops: number;
  /** whether V8's flags may be set for the engine's modules: not with TREADLE_SIMD=off */
  readonly setsFlags: boolean;
}

interface Settings {
  readonly simd: '128' | '256' | 'off' | undefined;
  readonly fma: boolean;
}

let choice: Choice | undefined;

/** The fastest level that is right on this machine, within TREADLE_SIMD=128|256|off and TREADLE_FMA=off. */
export function chooseLevel(): Choice {
  choice ??= choose(settings());
  return choice;
}

function settings(): Settings {
  const [simd, fma] = [host.environment('TREADLE_SIMD') ?? '', host.environment('TREADLE_FMA') ?? ''];
  if (simd !== '' && simd !== '128' && simd !== '256' && simd !== 'off') {
    throw new RangeError(
      `TREADLE_SIMD: must be 128, 256 or off; got '${simd}'; left unset, the engine finds what is fastest here`,
    );
  }
  if (fma !== '' && fma !== 'off') {
    throw new RangeError(
      `TREADLE_FMA: must be off or unset; got '${fma}'; off rounds every product and every sum, the same on all machines`,
    );
  }
  return { simd: simd === '' ? undefined : simd, fma: fma !== 'off' };
}

function choose(settings: Settings): Choice {
  const setsFlags = settings.simd !== 'off';
  const relaxed = settings.fma ? probe({ bits: 128, fma: true }) : undefined;
  const best =
    (relaxed && isAllowed(relaxed, setsFlags) ? fastest(true, settings, relaxed) : undefined) ??
    fastest(false, settings);
  if (best === undefined) throw new Error('internal: no instruction level gives right products on this machine');
  return { ...best, setsFlags };
}

/** Whether relaxed instructions are known here, if need be after a flag is set. */
function isAllowed({ bytes }: Probe, setsFlags: boolean): boolean {
  if (!webAssembly.validate(bytes) && setsFlags && canAllowRelaxed) allowRelaxed();
  return webAssembly.validate(bytes);
}

type Measured = Pick<Choice, 'level' | 'gflops'>;

/** V8 joins vectors in what it compiles from then on, so the narrow level is measured first. */
function fastest(fma: boolean, { simd }: Settings, narrowProbe?: Probe): Measured | undefined {
  const setsFlags = simd !== 'off';
  const narrow = simd === '256' ? undefined : measure({ bits: 128, fma }, setsFlags, narrowProbe);
  if (simd === 'off' || simd === '128') return narrow;
  const areJoined = canJoinVectors && joinVectors(true);
  if (simd === undefined && !areJoined) return narrow;
  const wide = measure({ bits: 256, fma }, setsFlags);
  if (wide !== undefined && wide.gflops > (narrow?.gflops ?? 0)) return wide;
  if (areJoined) joinVectors(false);
  return narrow;
}

const rounds = 200;
const repetitions = 8;

/** The best of some repetitions of about 0.1 ms; nothing if the product is wrong. */
function measure(level: Level, setsFlags: boolean, trial: Probe = probe(level)): Measured | undefined {
  const run = runnerOf(trial, setsFlags);
  if (run === undefined) return undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repetitions; i++) {
    const start = host.nanoseconds();
    run(rounds);
    least = Math.min(least, host.nanoseconds() - start);
  }
  return { level, gflops: (trial.flops * rounds) / least };
}

function runnerOf(trial: Probe, setsFlags: boolean): ((rounds: number) => void) | undefined {
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
