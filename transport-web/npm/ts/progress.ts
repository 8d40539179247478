/** How far a task is. */

/** How far a task was at one moment. Its units are the bytes of both bodies, sent and received. */
export interface Progress {
  /** Units done. */
  readonly completed: number;
  /** Units in all; `null` while that is unknown. */
  readonly total: number | null;
  /** The share that is done, 0 to 1; 0 while nobody knows. */
  readonly fraction: number;
  /** Units a second, lately; `null` at first, and while nothing moves. */
  readonly throughput: number | null;
  /** How many seconds the rest will take at this pace; `null` when that cannot be told. */
  readonly remaining: number | null;
}

/** The progress in the numbers that the part in WebAssembly gives. */
export function progressOf(numbers: readonly number[]): Progress {
  const [completed = 0, total = -1, fraction = 0, throughput = NaN, remaining = NaN] = numbers;
  return {
    completed,
    total: total < 0 ? null : total,
    fraction,
    throughput: known(throughput),
    remaining: known(remaining),
  };
}

/** What is no number is not known. */
export function known(number: number | undefined): number | null {
  return number === undefined || Number.isNaN(number) ? null : number;
}
