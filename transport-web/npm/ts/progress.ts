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

/** The bytes of both bodies; what is unknown is `null`. */
export interface ByteCounts {
  sent: number;
  expectedToSend: number | null;
  received: number;
  expectedToReceive: number | null;
}

/** What lies this far back weighs about a third of what was seen last, in seconds. */
const MEMORY = 3;

/** How far work is, and how fast it goes on: a moving average by time, not by looks, so that who looks often and who looks seldom see the same. */
export class Pace {
  #at = 0;
  #completed = 0;
  #fraction = 0;
  /** The weighted sums of speeds, and of weights. */
  #units = 0;
  #share = 0;
  #weight = 0;
  /** It stood still on purpose at the last look, or there was none. */
  #rests = true;

  /** How far it is `now`, in seconds. */
  look(counts: ByteCounts, isRunning: boolean, now: number): Progress {
    const [completed, total] = unitsOf(counts);
    const fraction = total ? completed / total : 0;
    const seconds = now - this.#at;
    if (isRunning && !this.#rests && seconds > 0) {
      const fresh = 1 - Math.exp(-seconds / MEMORY);
      // What starts over has not gone backwards.
      const blend = (old: number, more: number) => old * (1 - fresh) + (Math.max(more, 0) / seconds) * fresh;
      this.#units = blend(this.#units, completed - this.#completed);
      this.#share = blend(this.#share, fraction - this.#fraction);
      this.#weight = blend(this.#weight, seconds);
    }
    this.#rests = !isRunning;
    this.#at = now;
    this.#completed = completed;
    this.#fraction = fraction;
    const isKnown = isRunning && this.#weight > 0;
    const remaining = total ? ((1 - fraction) * this.#weight) / this.#share : NaN;
    return {
      completed,
      total,
      fraction,
      throughput: isKnown ? this.#units / this.#weight : null,
      remaining: isKnown && Number.isFinite(remaining) ? remaining : null,
    };
  }
}

/** Units done, never more than all of them; and in all. Of an upload, an answer of unknown length counts as one byte: the upload can be shown all the same. */
function unitsOf({ sent, expectedToSend, received, expectedToReceive }: ByteCounts): [number, number | null] {
  if (expectedToSend === null || (expectedToReceive === null && expectedToSend === 0)) return [sent + received, null];
  const done = Math.min(sent, expectedToSend);
  if (expectedToReceive === null) return [done, expectedToSend + 1];
  return [done + Math.min(received, expectedToReceive), expectedToSend + expectedToReceive];
}

/** The progress of a task that has ended: of one that has succeeded all is done, whatever was known before. */
export function ended(counts: ByteCounts, isWhole: boolean): Progress {
  const [completed, total] = unitsOf(counts);
  const rest = { throughput: null, remaining: null };
  if (!isWhole) return { completed, total, fraction: total ? completed / total : 0, ...rest };
  const all = total || Math.max(completed, 1);
  return { completed: all, total: all, fraction: 1, ...rest };
}

/** What is no number is not known. */
export function known(number: number | undefined): number | null {
  return number === undefined || Number.isNaN(number) ? null : number;
}
