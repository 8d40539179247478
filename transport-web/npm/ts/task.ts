/** Tasks, as a program holds them. */

import { SessionError } from "./error.js";
import type { TaskEventMap } from "./events.js";
import type { TaskMetrics } from "./metrics.js";
import type { Progress } from "./progress.js";
import type { URLRequest } from "./request.js";
import type { ResumeData } from "./resume-data.js";
import type { HTTPURLResponse } from "./response.js";
import type { Session } from "./session.js";
import type { TaskKind, TaskState } from "./state.js";
import type { Transfer } from "./transfer.js";

/** What a data or upload task gives. */
export interface DataResult {
  /** The body, whole; empty where it went chunk by chunk to a delegate, a listener or an iterator. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** The head. */
  readonly response: HTTPURLResponse;
  /** The file, where the task became a download. */
  readonly file?: File;
  /** Its path, as {@link DownloadResult.path}. */
  readonly path?: string | null;
}

/** What a download gives. */
export interface DownloadResult {
  /** The file. It can be read as long as it is there under its path. */
  readonly file: File;
  /** Its path in the origin's private file system (or in memory, where there is none), for {@link removeFile}. */
  readonly path: string | null;
  /** The head. */
  readonly response: HTTPURLResponse;
}

/** Listeners as `EventTarget` takes them. */
type Listener<K extends keyof TaskEventMap> =
  | ((this: Task, event: TaskEventMap[K]) => void)
  | { handleEvent(event: TaskEventMap[K]): void };

/**
 * One transfer. It is born suspended: {@link resume} starts it.
 *
 * It goes on though nobody holds it. Its events are typed, and it may have a delegate. It is not thenable: its outcome is {@link finished}.
 */
export abstract class Task<R = unknown> extends EventTarget implements Disposable {
  readonly #transfer: Transfer;
  #finished: Promise<R> | null = null;

  /** @internal */
  constructor(transfer: Transfer) {
    if (typeof transfer?.onComplete !== "function") throw new TypeError("tasks are made by sessions");
    super();
    this.#transfer = transfer;
    transfer.task = this;
  }

  /** @internal */
  protected get _transfer(): Transfer {
    return this.#transfer;
  }

  /** @internal */
  protected abstract _result(): R;

  /** What becomes of its bytes. */
  get kind(): TaskKind {
    return this.#transfer.kind;
  }

  /** Its number, from 1, unique in its session only; `taskIdentifier` of NSURLSession. */
  get id(): number {
    return this.#transfer.id;
  }

  /** The session that it belongs to. */
  get session(): Session {
    return this.#transfer.session;
  }

  /** What it is doing. */
  get state(): TaskState {
    return this.#transfer.state;
  }

  /** The app's label of the task. */
  get description(): string | null {
    return this.#transfer.description;
  }

  set description(description: string | null) {
    this.#transfer.description = description;
  }

  /** How urgent it is among the tasks that wait for the same server: 0 to 1, 0.5 by default. The browser is told too, where it listens. */
  get priority(): number {
    return this.#transfer.priority;
  }

  set priority(priority: number) {
    this.#transfer.priority = priority;
  }

  /** How far it is. */
  get progress(): Progress {
    return this.#transfer.progress;
  }

  /** Bytes of the request's body that were sent. */
  get countOfBytesSent(): number {
    return this.#transfer.counts.sent;
  }

  /** How long the request's body is; `null` while that is unknown. */
  get countOfBytesExpectedToSend(): number | null {
    return this.#transfer.counts.expectedToSend;
  }

  /** Bytes of the answer's body that have come. */
  get countOfBytesReceived(): number {
    return this.#transfer.counts.received;
  }

  /** How long the answer's body will be; `null` while that is unknown. */
  get countOfBytesExpectedToReceive(): number | null {
    return this.#transfer.counts.expectedToReceive;
  }

  /** The request as the app gave it. */
  get originalRequest(): URLRequest {
    return this.#transfer.original;
  }

  /** The request under way. */
  get currentRequest(): URLRequest {
    return this.#transfer.current;
  }

  /** The answer's head; `null` until it is there. */
  get response(): HTTPURLResponse | null {
    return this.#transfer.response;
  }

  /** Why it failed; `null` as long as it has not. */
  get error(): SessionError | null {
    return this.#transfer.error;
  }

  /** What it took; `null` until it has ended, and where nobody wants metrics. */
  get metrics(): TaskMetrics | null {
    return this.#transfer.metrics;
  }

  /**
   * Its outcome, once it has ended: rejected with a {@link SessionError} when it failed. Who never looks at it is not told of a rejection. A task that is
   * not resumed does not end.
   */
  get finished(): Promise<R> {
    return (this.#finished ??= new Promise((resolve, reject) => {
      this.#transfer.whenEnded(() => {
        const { error } = this.#transfer;
        if (error !== null) return reject(error);
        try {
          resolve(this._result());
        } catch (cause) {
          // There is no room for the whole body as one.
          const { url } = this.#transfer.current;
          reject(new SessionError("dataLengthExceedsMaximum", "the body is too long for memory", { url, cause }));
        }
      });
    }));
  }

  /** Lifts one suspension; with none left, the task runs. Nothing happens to a task that runs, is cancelled or has ended. */
  resume(): this {
    this.#transfer.resume();
    return this;
  }

  /** Suspends: nothing is read, and both timers stand still, until as many {@link resume}s came as suspends. */
  suspend(): this {
    this.#transfer.suspend();
    return this;
  }

  /** Cancels: the task ends with `cancelled`, soon and once; `reason` is its error's `cause`. Nothing happens to a task that has ended. */
  cancel(reason?: unknown): void {
    this.#transfer.cancel(reason);
  }

  /** Cancels, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  /** Listens to events of a type. */
  override addEventListener<K extends keyof TaskEventMap>(
    type: K,
    listener: Listener<K> | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void {
    this.#transfer.heard(type);
    super.addEventListener(type, listener, options);
  }

  /** Listens no more. */
  override removeEventListener<K extends keyof TaskEventMap>(
    type: K,
    listener: Listener<K> | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void {
    super.removeEventListener(type, listener, options);
  }
}

/**
 * A task whose answer goes to memory, or chunk by chunk to a delegate, a listener or a loop:
 *
 * ```ts
 * for await (const chunk of session.dataTask("/log")) console.log(chunk.length);
 * ```
 *
 * A loop resumes a task that was never resumed; the next chunk is read from the network when the loop asks for it; leaving the loop cancels the task.
 */
export class DataTask extends Task<DataResult> implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** @internal */
  protected override _result(): DataResult {
    return dataResult(this._transfer);
  }

  /** The body, chunk by chunk, once. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this._transfer.read();
  }
}

/** A task that sends a body, and whose answer goes where a {@link DataTask}'s goes. */
export class UploadTask extends DataTask {}

/**
 * A task whose answer goes to a file, in the origin's private file system where the browser has one, else in memory. The bytes do not pass the
 * program.
 *
 * ```ts
 * const { file } = await session.downloadTask("/big.iso").resume().finished;
 * link.href = URL.createObjectURL(file);
 * ```
 */
export class DownloadTask extends Task<DownloadResult> {
  /** @internal */
  protected override _result(): DownloadResult {
    const { file, path, response } = this._transfer;
    return { file: file as File, path, response: response as HTTPURLResponse };
  }

  /**
   * Cancels, and gives what it takes to go on once the task has ended; `null` where it cannot be gone on: nothing has come yet, the server gives no parts
   * (`Accept-Ranges`), or names nothing that tells versions apart (`ETag`, `Last-Modified`, exposed across origins). The error has the same.
   */
  cancelProducingResumeData(): Promise<ResumeData | null> {
    return this._transfer.cancelResumable();
  }
}

function dataResult(transfer: Transfer): DataResult {
  const { response, file, path } = transfer;
  const result = { data: transfer.gathered(), response: response as HTTPURLResponse };
  return file === null ? result : { ...result, file, path };
}
