// The progress of a training on the terminal: a bar an epoch, as Keras draws it; plain lines where the output is no terminal.

import { Presets, SingleBar } from 'cli-progress';
import type { Callback } from './callbacks.ts';
import type { Logs } from './history.ts';

/** 0: silent, 1: a bar an epoch, 2: a line an epoch, 'auto': a bar on a terminal, a line elsewhere. */
export type Verbosity = 0 | 1 | 2 | 'auto';

export function progress(verbose: Verbosity, output: NodeJS.WriteStream = process.stderr): Callback {
  const isTerminal = output.isTTY === true;
  if (verbose === 0) return {};
  return isTerminal && verbose !== 2 ? bars(output) : lines(output);
}

/** `loss: 0.3125 - accuracy: 0.9062` */
export function describeLogs(logs: Logs): string {
  return Object.entries(logs)
    .map(([name, value]) => `${name}: ${formatFigure(value ?? Number.NaN)}`)
    .join(' - ');
}

function formatFigure(value: number): string {
  const isPlain = value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5) || !Number.isFinite(value);
  return isPlain ? value.toFixed(4) : value.toExponential(4);
}

function perStep(milliseconds: number, steps: number): string {
  const each = milliseconds / Math.max(1, steps);
  return each >= 1 ? `${each.toFixed(0)} ms/step` : `${(1000 * each).toFixed(0)} µs/step`;
}

function lines(output: NodeJS.WriteStream): Callback {
  let began = 0;
  return {
    onEpochBegin: () => {
      began = performance.now();
    },
    onEpochEnd: (epoch, logs, { epochs, steps }) => {
      const spent = performance.now() - began;
      output.write(
        `Epoch ${epoch + 1}/${epochs} - ${(spent / 1000).toFixed(2)} s, ${perStep(spent, steps)} - ${describeLogs(logs)}\n`,
      );
    },
  };
}

function bars(output: NodeJS.WriteStream): Callback {
  let bar: SingleBar | undefined;
  let began = 0;
  return {
    onEpochBegin: (epoch, { epochs, steps }) => {
      began = performance.now();
      bar = new SingleBar(
        {
          format: `Epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs} {bar} {value}/{total} {figures}`,
          stream: output,
          barsize: 24,
          fps: 15,
          hideCursor: true,
          linewrap: false,
        },
        Presets.shades_classic,
      );
      bar.start(steps, 0, { figures: '' });
    },
    onBatchEnd: (batch, logs) => bar?.update(batch + 1, { figures: describeLogs(logs) }),
    onEpochEnd: (_, logs, { steps }) => {
      bar?.update(steps, { figures: `${perStep(performance.now() - began, steps)} - ${describeLogs(logs)}` });
      bar?.stop();
    },
  };
}
