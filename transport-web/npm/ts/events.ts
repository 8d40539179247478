/** What a task's listeners are told. */

import type { SessionError } from "./error.js";
import type { TaskMetrics } from "./metrics.js";
import type { Progress } from "./progress.js";
import type { HTTPURLResponse } from "./response.js";
import type { URLRequest } from "./request.js";

/** Bytes moved: at most one event in 50 ms, and one at the end. */
export class TaskProgressEvent extends Event {
  /** How far the task is. */
  readonly progress: Progress;

  /** @internal */
  constructor(progress: Progress) {
    super("progress");
    this.progress = progress;
  }

  /** Bytes done. */
  get loaded(): number {
    return this.progress.completed;
  }

  /** Bytes in all; `null` while that is unknown. */
  get total(): number | null {
    return this.progress.total;
  }
}

/** The answer's head is there. */
export class TaskResponseEvent extends Event {
  /** The head. */
  readonly response: HTTPURLResponse;

  /** @internal */
  constructor(response: HTTPURLResponse) {
    super("response");
    this.response = response;
  }
}

/** A chunk of the answer's body. */
export class TaskDataEvent extends Event {
  /** The chunk. */
  readonly data: Uint8Array<ArrayBuffer>;

  /** @internal */
  constructor(data: Uint8Array<ArrayBuffer>) {
    super("data");
    this.data = data;
  }
}

/** A redirect is about to be followed. */
export class TaskRedirectEvent extends Event {
  /** The redirect. */
  readonly response: HTTPURLResponse;
  /** Where it leads. */
  readonly request: URLRequest;

  /** @internal */
  constructor(response: HTTPURLResponse, request: URLRequest) {
    super("redirect");
    this.response = response;
    this.request = request;
  }
}

/** What the task took. */
export class TaskMetricsEvent extends Event {
  /** The metrics. */
  readonly metrics: TaskMetrics;

  /** @internal */
  constructor(metrics: TaskMetrics) {
    super("metrics");
    this.metrics = metrics;
  }
}

/** The task has ended. */
export class TaskCompleteEvent extends Event {
  /** Why it failed; `null` when it succeeded. */
  readonly error: SessionError | null;

  /** @internal */
  constructor(error: SessionError | null) {
    super("complete");
    this.error = error;
  }
}

/** The events of a task, by their types. */
export interface TaskEventMap {
  /** Its `state` is another. */
  statechange: Event;
  progress: TaskProgressEvent;
  /** There is no network, and it waits for one. */
  waiting: Event;
  redirect: TaskRedirectEvent;
  response: TaskResponseEvent;
  data: TaskDataEvent;
  metrics: TaskMetricsEvent;
  /** It has ended; the last event. */
  complete: TaskCompleteEvent;
}
