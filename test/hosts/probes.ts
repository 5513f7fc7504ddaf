// What a host has computed, read from what its process printed, and held against what plain Node computes.

/** What `probe.mjs` prints. */
export interface Probe {
  readonly accuracy: number;
  readonly digest: string;
  /** what `threads()` says */
  readonly threads: number;
  /** how many threads have computed a part of a kernel */
  readonly worked: number;
  readonly simd: string;
  readonly fma: boolean;
  /** the most memory that the process had */
  readonly megabytes: number;
}

/** What plain Node computes, which every host must compute too. */
export interface Reference {
  /** the digest, with fused multiply-add or without it */
  digest(fma: boolean): string;
  /** how many threads there are, unless the host has fewer cores */
  readonly threads: number;
}

/** What a process is expected to do. */
export interface Expected {
  /** how many threads `threads()` says; as many as in plain Node by default */
  readonly threads?: number;
  /** how many threads compute; as many as `threads` by default */
  readonly worked?: number;
  /** how many probes the process makes; 1 by default */
  readonly probes?: number;
  /** what a warning or an error of the package must contain, once; by default there must be none */
  readonly warning?: RegExp;
  /** lines on stderr that the host itself writes; by default none but the progress of the training */
  readonly chatter?: RegExp;
}

/** The lines of stdout that are probes. */
export function probesIn(stdout: string): readonly Probe[] {
  return [...stdout.matchAll(/treadle-probe (\{.*?\})/g)].map(([, json]) => JSON.parse(json ?? ''));
}

/** What is wrong with what a process computed and wrote; an empty list where nothing is. */
export function faultsOf(
  probes: readonly Probe[],
  stderr: string,
  reference: Reference,
  expected: Expected = {},
): readonly string[] {
  const { threads = reference.threads, worked = threads, probes: count = 1, warning, chatter } = expected;
  const faults: string[] = [];
  if (probes.length !== count) faults.push(`${count} results were expected; got ${probes.length}`);
  for (const probe of probes) {
    const digest = reference.digest(probe.fma);
    if (probe.digest !== digest) faults.push(`plain Node computes ${digest}; got ${probe.digest}`);
    if (probe.threads !== threads) faults.push(`threads() must be ${threads}; got ${probe.threads}`);
    if (probe.worked !== worked) faults.push(`${worked} threads must compute; ${probe.worked} did`);
  }
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^Epoch \d+\/\d+ /.test(line));
  const warnings = warning ? lines.filter((line) => warning.test(line)) : [];
  if (warning && warnings.length !== 1) faults.push(`one warning ${warning} was expected; got ${warnings.length}`);
  // Node adds this line to the first warning of a process.
  const known = (line: string): boolean => warnings.includes(line) || /node --trace-warnings/.test(line);
  const unexpected = lines.filter((line) => !(warning && known(line)) && !chatter?.test(line));
  if (unexpected.length > 0) faults.push(`unexpected on stderr: ${unexpected.slice(0, 12).join('\n    ')}`);
  return faults;
}
