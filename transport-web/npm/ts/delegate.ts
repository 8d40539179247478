/** Who decides about a session's tasks, and is told. */

import type { SessionError } from "./error.js";
import type { TaskMetrics } from "./metrics.js";
import type { URLRequest, URLRequestInit } from "./request.js";
import type { RequestBody } from "./body.js";
import type { CachedURLResponse } from "./cached.js";
import type { HTTPURLResponse } from "./response.js";
import type { Session } from "./session.js";
import type { Task } from "./task.js";

/** A value at once, or by a promise. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** What becomes of a response: its body is loaded, or not, or goes to a file. */
export type ResponseDisposition = "allow" | "cancel" | "becomeDownload";

/** An attempt that failed before anything of it was handed on. */
export interface RetryAttempt {
  /** Which attempt it was, from 1. */
  readonly number: number;
  /** The response, of status 400 or above; `null` where there is none. */
  readonly response: HTTPURLResponse | null;
  /** Why there is no response. */
  readonly error: SessionError | null;
  /** After how many seconds the session's policy makes it again; `null` where it does not. */
  readonly proposedDelay: number | null;
}

/**
 * Decides about tasks, and is told what happens to them: a session's for all of them, a task's own (`options.delegate`) before it. Every method may be
 * left out.
 *
 * A method may be async: until its promise is settled nothing else comes about the task, and nothing more is read for it. One that never
 * settles leaves the task to `timeoutIntervalForResource`. A method that throws or rejects ends its task: with `unknown`, and what was thrown as
 * the `cause`. A question that is answered by `undefined` is put to the session's delegate, then decided by the built-in rule.
 *
 * Each task has exactly one `taskDidComplete`, last, whatever happens; all of them come before `sessionDidBecomeInvalid`.
 */
export interface SessionDelegate {
  /** A task was made. */
  sessionDidCreateTask?(task: Task): void;
  /** The session is over; its last call. */
  sessionDidBecomeInvalid?(session: Session, error: SessionError | null): void;
  /** There is no network, and the task waits for one. Once a task at most. */
  taskIsWaitingForConnectivity?(task: Task): MaybePromise<void>;
  /**
   * A redirect would be followed with `request`: with that one, another, or not at all (`null`: the redirect is the answer). Built-in rule: it is
   * followed. A server's redirects are followed by the browser, unseen; these are those of custom protocols.
   */
  taskWillPerformHTTPRedirection?(
    task: Task,
    response: HTTPURLResponse,
    request: URLRequest,
  ): MaybePromise<URLRequest | URLRequestInit | null | undefined>;
  /** An attempt failed. Is it made again: after how many seconds, or not (`null`)? Built-in rule: as the policy proposes. */
  taskWillRetry?(task: Task, attempt: RetryAttempt): MaybePromise<number | null | undefined>;
  /** A body stream is needed again and cannot be read twice. Built-in rule: the task fails with `requestBodyStreamExhausted`. */
  taskNeedNewBodyStream?(task: Task): MaybePromise<RequestBody | null | undefined>;
  /** `bytes` more of the request's body were sent, `total` in all, of `expected` where that is known. */
  taskDidSendBodyData?(
    task: Task,
    bytes: number,
    total: number,
    expected: number | null,
  ): MaybePromise<void>;
  /** The answer's head is there; its body is read once this is answered. Built-in rule: `allow`. */
  taskDidReceiveResponse?(
    task: Task,
    response: HTTPURLResponse,
  ): MaybePromise<ResponseDisposition | undefined>;
  /** A chunk of the answer's body. The next one is read once this is answered. A body that goes here is not gathered for the task's result. */
  taskDidReceiveData?(task: Task, data: Uint8Array<ArrayBuffer>): MaybePromise<void>;
  /** The task was told to become a download, and is one. */
  taskDidBecomeDownloadTask?(task: Task): void;
  /** The session's cache would keep the response so: keep it so, another in its place, or none (`null`). Built-in rule: as proposed. */
  dataTaskWillCacheResponse?(
    task: Task,
    proposed: Required<CachedURLResponse>,
  ): MaybePromise<CachedURLResponse | null | undefined>;
  /** A download goes on at this byte. */
  downloadTaskDidResumeAtOffset?(
    task: Task,
    offset: number,
    expected: number | null,
  ): MaybePromise<void>;
  /** `bytes` more of the answer went to the file, which has `total` now, of `expected` where that is known. */
  downloadTaskDidWriteData?(
    task: Task,
    bytes: number,
    total: number,
    expected: number | null,
  ): MaybePromise<void>;
  /** The download has succeeded, and this is its file. */
  downloadTaskDidFinishDownloading?(task: Task, file: File): MaybePromise<void>;
  /** What the task took, just before its completion. */
  taskDidFinishCollectingMetrics?(task: Task, metrics: TaskMetrics): MaybePromise<void>;
  /** The task has ended; the last call about it. `error` is `null` when the answer came whole, whatever its status. */
  taskDidComplete?(task: Task, error: SessionError | null): void;
}
