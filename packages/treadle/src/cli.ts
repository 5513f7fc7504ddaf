// The command line. One command each; what a command does is in a file of its own.

import { demo } from './demo/demo.ts';
import { type ModelName, modelNames } from './demo/tasks.ts';
import { fail, parseArgs, write } from './node-command.ts';
import { explainFile, profileFile } from './step-file.ts';

const usage = `Usage: treadle <command> [options]

  demo                 trains a network on 1,797 real handwritten digits (8 × 8, embedded) and shows what it learned
    --data <folder>    on MNIST instead: a folder with its IDX files (train*-images*, train*-labels*, t10k-*)
    --model <name>     dense, or cnn: layers of convolutions; dense by default
    --seed <n>         1 by default
  explain <file>       the plan of a function as a table: its kernels, what they compute and move, and the memory it takes. The
                       file, a module in JavaScript or, where Node runs that, TypeScript, exports the function as step, and
                       what it is called with as args, an array. Nothing is run but the module itself
  profile <file>       runs that function, with all its effects, and says how long each kernel takes on each thread
    --runs <n>         how often; shows the run that took the median time. 21 by default
  demo, profile
    --threads <n>      how many threads work; the cores that this process may use, by default
`;

const options = {
  data: { type: 'string' },
  model: { type: 'string', default: 'dense' },
  threads: { type: 'string' },
  seed: { type: 'string', default: '1' },
  runs: { type: 'string', default: '21' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help || positionals.length === 0) {
    write(usage);
    return;
  }
  const [command, ...operands] = positionals;
  const threads = values.threads === undefined ? undefined : wholeNumber('threads', values.threads);
  if (command === 'demo' && operands.length === 0) {
    const model = modelName(values.model);
    await demo({ data: values.data, model, threads, seed: wholeNumber('seed', values.seed) });
  } else if (command === 'explain' || command === 'profile') {
    const path = onlyFile(command, operands);
    const options = { runs: wholeNumber('runs', values.runs), threads };
    const text = command === 'explain' ? await explainFile(path) : await profileFile(path, options);
    write(`${text}\n`);
  } else {
    const got = positionals.join(' ');
    throw new RangeError(`the command must be demo, explain or profile; got ${got}; treadle --help says more`);
  }
}

function onlyFile(command: string, operands: readonly string[]): string {
  const [path] = operands;
  if (path !== undefined && operands.length === 1) return path;
  throw new RangeError(`${command} takes one file; got ${operands.join(' ') || 'none'}; treadle --help says more`);
}

/** The name if there is such a model. Throws RangeError otherwise. */
function modelName(text: string): ModelName {
  const name = modelNames.find((known) => known === text);
  if (name === undefined) throw new RangeError(`--model must be one of ${modelNames.join(', ')}; got ${text}`);
  return name;
}

/** An option's text as a number. Throws RangeError unless it is digits alone. */
function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(`--${option} must be a whole number; got ${text}`);
}

main().catch((error: unknown) => {
  fail(`treadle: ${error instanceof Error ? error.message : String(error)}\n`);
});
