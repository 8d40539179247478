/** A body, chunk by chunk, as its reader asks for it. */

import type { SessionError } from "./error.js";

type Chunk = Uint8Array<ArrayBuffer>;

/** Somebody who waits for a chunk. */
interface Waiter {
  resolve(result: IteratorResult<Chunk, undefined>): void;
  reject(error: SessionError): void;
}

/**
 * The iterator over a task's body. The task reads on when the next chunk is asked for; the iterator's early end (`break`) cancels it.
 *
 * Several calls of `next` may wait at once: they are answered in their order.
 */
export class ChunkReader implements AsyncIterableIterator<Chunk, undefined> {
  readonly #chunks: Chunk[];
  readonly #begin: () => void;
  readonly #cancel: () => void;
  readonly #waiters: Waiter[] = [];
  /** Has the task read on. */
  #release: (() => void) | null = null;
  #isOver = false;
  #error: SessionError | null = null;

  /** A reader whose first chunks are there; `begin` is called when one is asked for, `cancel` when no more is wanted. */
  constructor(chunks: Chunk[], begin: () => void, cancel: () => void) {
    this.#chunks = chunks;
    this.#begin = begin;
    this.#cancel = cancel;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#isOver) {
      const error = this.#error;
      this.#error = null;
      return error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#begin();
      this.#goOn();
    });
  }

  return(): Promise<IteratorResult<Chunk, undefined>> {
    this.#isOver = true;
    this.#chunks.length = 0;
    this.#goOn();
    this.#cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** A chunk has come. What is given is settled when the next one may come. */
  put(chunk: Chunk): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#chunks.push(chunk);
    else waiter.resolve({ done: false, value: chunk });
    if (this.#waiters.length > 0) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** The body has ended, or failed. */
  end(error: SessionError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    for (const waiter of this.#waiters.splice(0)) {
      if (this.#error === null) {
        waiter.resolve({ done: true, value: undefined });
      } else {
        waiter.reject(this.#error);
        this.#error = null;
      }
    }
  }

  #goOn(): void {
    this.#release?.();
    this.#release = null;
  }
}
