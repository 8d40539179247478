/** What a task needs of the module that is not there yet, and what is asked of it meanwhile. */

import { Call } from "./calls.js";
import { bring, type Part } from "./parts.js";
import type { TaskState } from "./state.js";

/** Resumes and suspends in the order in which they came, of a task that the module cannot make before. */
export class Held {
  readonly calls: (Call.Resume | Call.Suspend)[] = [];
  /** It ran at some time, in the app's eyes. */
  hasRun = false;
  /** Has the module make it; above 0 unless that refuses. */
  readonly make: () => number;
  readonly #needs: readonly Part[];
  /** A task is born with one suspension. */
  #suspensions = 1;
  #coming: Promise<void> | null = null;

  constructor(needs: readonly Part[], make: () => number) {
    this.#needs = needs;
    this.make = make;
  }

  get state(): TaskState {
    return this.#suspensions === 0 ? "running" : "suspended";
  }

  /** Notes the call. */
  put(call: Call.Resume | Call.Suspend): void {
    this.calls.push(call);
    if (call === Call.Suspend) this.#suspensions++;
    else if (this.#suspensions > 0) this.#suspensions--;
    this.hasRun ||= this.state === "running";
  }

  /** Once what it needs is there; with `waits` it is tried again when the browser is online again. */
  come(waits: (() => void) | null): Promise<void> {
    return (this.#coming ??= this.#bring(waits));
  }

  async #bring(waits: (() => void) | null): Promise<void> {
    for (;;) {
      try {
        return await bring(this.#needs);
      } catch (error) {
        const isOffline = (globalThis.navigator as Navigator | undefined)?.onLine === false;
        if (waits === null || !isOffline) throw error;
        waits();
        await new Promise((online) => globalThis.addEventListener("online", online, { once: true }));
      }
    }
  }
}
