/** Sessions. */

import * as raw from "./wasm/urlsession.js";
import type { RequestBody } from "./body.js";
import { Ask, Call } from "./calls.js";
import { needsOf, numbersOf, type SessionConfiguration } from "./configuration.js";
import type { SessionDelegate } from "./delegate.js";
import { errorOf, rejection, report, SessionError, type SessionErrorList } from "./error.js";
import { descend, enter, enterSession, host, leaveSession, tasksOf, unmadeOf } from "./hub.js";
import { fetchBits } from "./fetch.js";
import { mustBeReady } from "./init.js";
import { areHere, bring, bringAhead, type Part, partOf } from "./parts.js";
import { type RequestInput, taken, type URLRequestInit } from "./request.js";
import type { HTTPURLResponse } from "./response.js";
import type { ResumeData } from "./resume-data.js";
import { type DataResult, DataTask, type DownloadResult, DownloadTask, type Task, UploadTask } from "./task.js";
import type { TaskKind } from "./state.js";
import { type Plan, Transfer } from "./transfer.js";
import { type Fields, flat } from "./wire.js";

/** What is said of a task beside its request. */
export interface TaskOptions {
  /** Cancels the task when it is aborted; its reason is the error's `cause`. */
  signal?: AbortSignal | null;
  /** Decides about this task, and is told, before the session's delegate. */
  delegate?: SessionDelegate;
  /** How urgent it is, 0 to 1. */
  priority?: number;
  /** The app's label of the task. */
  description?: string;
}

/** What is said of a download beside its request. */
export interface DownloadOptions extends TaskOptions {
  /**
   * Where the file stays: a path in the origin's private file system. It gets the name once it is whole; another status than 2xx is an error then.
   * Without it, the file is under a name that is given for it.
   */
  destination?: string;
  /** A file that is at the destination already is replaced. Default false: the download fails. */
  replaces?: boolean;
  /** In up to so many parts at once, where the server lets it. Default 1. */
  segments?: number;
}

/** What can be downloaded: a request, or resume data to go on with, and the header fields that were not stored with them (Authorization). */
export type DownloadInput = RequestInput | { resumeData: ResumeData; headers?: Fields };

let lastNumber = 0;
let lastResponse = 0;

/** What sessions that nobody holds any more leave behind. */
const forgotten = new FinalizationRegistry<number>((number) => {
  leaveSession(number);
  raw.call(Call.FreeSession, number, 0);
});

/**
 * Tasks that share a configuration, a delegate and an end; `NSURLSession`.
 *
 * ```ts
 * import init, { Session } from "urlsession";
 *
 * await init();
 * const session = new Session({ timeoutIntervalForRequest: 10 });
 * const { data, response } = await session.data("/a.bin");
 * ```
 */
export class Session implements Disposable {
  /** The app's label of the session. */
  description: string | null = null;

  readonly #number = ++lastNumber;
  readonly #configuration: SessionConfiguration;
  /**
   * What of the module all its tasks need, beside the first part.
   *
   * @internal
   */
  readonly _needs: readonly Part[];
  /** Has the other part make it, which does not have it yet. */
  #unmade: (() => void) | null;
  #delegate: SessionDelegate | null;
  #isInvalid = false;
  #isFinishing = false;
  /** It takes no more tasks. */
  #isClosed = false;
  #lastTask = 0;

  /**
   * A session of this configuration, which is copied.
   *
   * Throws a `TypeError` where the configuration is none, and an `Error` before {@link init} is done.
   */
  constructor(configuration: SessionConfiguration = {}, delegate: SessionDelegate | null = null) {
    mustBeReady();
    if (delegate !== null && typeof delegate !== "object" && typeof delegate !== "function") {
      throw new TypeError("a delegate is an object");
    }
    const protocols = configuration.protocols && [...configuration.protocols];
    this.#configuration = Object.freeze({ ...configuration, protocols });
    this.#delegate = delegate;
    const { numbers, fields, safe, retries, methods } = numbersOf(configuration);
    const fetch = fetchBits(configuration);
    const number = this.#number;
    const { urlCache } = configuration;
    const own = protocols?.length ?? 0;
    this._needs = needsOf(configuration);
    this.#unmade =
      this._needs.length === 0
        ? () => raw.session_new(number, host, numbers, fields, fetch)
        : () => raw.session_with(number, host, numbers, fields, safe, fetch, retries, methods, urlCache?._made() ?? 0, own);
    if (areHere(this._needs)) this._make();
    else bringAhead(this._needs);
    forgotten.register(this, number);
    enterSession(number, this);
  }

  /**
   * Has the other part make it, if it does not have it: once all is there that its tasks need.
   *
   * @internal
   */
  _make(): void {
    const make = this.#unmade;
    this.#unmade = null;
    make?.();
  }

  /** The configuration, as it was when the session was made. */
  get configuration(): Readonly<SessionConfiguration> {
    return this.#configuration;
  }

  /** The delegate; `null` when the session has none, or none any more. */
  get delegate(): SessionDelegate | null {
    return this.#delegate;
  }

  /** The tasks that were resumed at least once and are neither cancelled nor ended, oldest first. */
  get tasks(): Task[] {
    const live = tasksOf(this).filter(({ state }) => state === "running" || state === "suspended");
    return live.map(({ task }) => task);
  }

  /** Makes a task that loads a request into memory. It is born suspended. */
  dataTask(input: RequestInput, options?: TaskOptions): DataTask {
    return this.#make("data", input, undefined, options, (transfer) => new DataTask(transfer));
  }

  /** Makes a task that sends `body`, in place of any that the request has. It is born suspended. The method is POST, unless the request has one. */
  uploadTask(input: RequestInput, body: RequestBody, options?: TaskOptions): UploadTask {
    return this.#make("upload", input, body, options, (transfer) => new UploadTask(transfer));
  }

  /** Makes a task whose answer goes to a file; with `{ resumeData }`, one that goes on where another stopped. It is born suspended. */
  downloadTask(input: DownloadInput, options?: DownloadOptions): DownloadTask {
    const resumeData = isResuming(input) ? input.resumeData : undefined;
    const request = isResuming(input) ? { url: urlOf(input.resumeData), headers: input.headers } : input;
    const download = {
      resumeData: resumeData === undefined ? undefined : String(resumeData),
      destination: options?.destination,
      replaces: Boolean(options?.replaces),
      segments: options?.segments ?? 0,
    };
    return this.#make("download", request, undefined, options, (transfer) => new DownloadTask(transfer), download);
  }

  /** Loads a request into a file. */
  download(input: DownloadInput, options?: DownloadOptions): Promise<DownloadResult> {
    return this.downloadTask(input, options).resume().finished;
  }

  /** Loads a request into memory. 4xx and 5xx are responses, not errors. */
  data(input: RequestInput, options?: TaskOptions): Promise<DataResult> {
    return this.dataTask(input, options).resume().finished;
  }

  /** Sends `body` and loads the answer into memory. */
  upload(input: RequestInput, body: RequestBody, options?: TaskOptions): Promise<DataResult> {
    return this.uploadTask(input, body, options).resume().finished;
  }

  /**
   * Loads a request and reads the answer as JSON. Asks for `application/json` unless the request has a field Accept.
   *
   * Unlike in {@link data}, another status than 2xx is an error, `badServerResponse`; a body that is no JSON is `cannotParseResponse`.
   */
  async json<T = unknown>(
    input: RequestInput,
    options?: TaskOptions,
  ): Promise<{ json: T; response: HTTPURLResponse }> {
    const { data, response } = await this.data(askingForJson(input), options);
    if (!response.ok) {
      throw new SessionError("badServerResponse", `the server answered ${response.status} (${response.url})`, {
        url: response.url,
      });
    }
    try {
      return { json: JSON.parse(new TextDecoder().decode(data)) as T, response };
    } catch (cause) {
      throw new SessionError("cannotParseResponse", "the answer is no JSON", { url: response.url, cause });
    }
  }

  /**
   * Loads a request as far as the head, and gives the browser's own `Response`: not a byte of its body passes the program.
   *
   * The session's timeouts, retries and redirect rules hold until the head is there; the rest is the caller's to read, or to cancel. Where the answer comes
   * from a cache of the session's, or from a protocol, it is a `Response` made of it. No delegate is told.
   */
  async response(input: RequestInput, options?: Pick<TaskOptions, "signal">): Promise<Response> {
    const request = taken(input);
    const { urlCache, protocols } = this.#configuration;
    if (urlCache || protocols?.length || !/^[^\n]*\nhttps?:/i.test(request.text)) return this.#made(input, options);
    const number = ++lastResponse;
    const signals = [options?.signal, request.signal].filter((signal) => signal != null);
    const abort = () => raw.call(Call.CancelResponse, number, 0);
    const { text, timeout, traits, body } = request;
    if (!areHere(["more"])) await bring(["more"]);
    this._make();
    try {
      for (const signal of signals) if (signal.aborted) throw [-999, "cancelled", undefined, undefined, undefined];
      const coming = descend(() =>
        raw.session_response(this.#number, number, text, timeout, traits, body),
      );
      for (const signal of signals) signal.addEventListener("abort", abort);
      const response = await coming;
      if (response === undefined) throw new SessionError("unknown", "the browser gave no Response");
      return response;
    } catch (thrown) {
      const aborted = signals.find((signal) => signal.aborted);
      throw rejection(thrown, aborted?.reason);
    } finally {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    }
  }

  /** A `Response` of a task's answer. */
  async #made(input: RequestInput, options?: Pick<TaskOptions, "signal">): Promise<Response> {
    const task = this.dataTask(input, options);
    const chunks = task[Symbol.asyncIterator]();
    const first = await chunks.next();
    return partOf("more").responseOf(task.response as HTTPURLResponse, first, chunks);
  }

  /** Takes no more tasks, cancels those never resumed, and becomes invalid when the others have ended. */
  finishTasksAndInvalidate(): void {
    // The other part takes tasks that it must not begin yet for such that were never resumed.
    this.#isClosed = true;
    const released = tasksOf(this).flatMap((transfer) => transfer.released ?? []);
    for (const transfer of unmadeOf(this)) if (!transfer.isReleasing) transfer.cancel();
    this.#isFinishing = released.length > 0;
    const finish = () => this.#invalidate(Call.FinishSession);
    if (released.length === 0) finish();
    else void Promise.all(released).then(finish);
  }

  /** Takes no more tasks, cancels all, and becomes invalid when each has ended. */
  invalidateAndCancel(): void {
    this.#isClosed = true;
    for (const transfer of unmadeOf(this)) transfer.cancel();
    this.#invalidate(Call.CancelSession);
  }

  #invalidate(call: Call.FinishSession | Call.CancelSession): void {
    if (this.#unmade === null) {
      descend(() => raw.call(call, this.#number, 0));
    } else if (!this.#isInvalid) {
      // Nobody else has tasks of it.
      this.#unmade = () => {};
      queueMicrotask(() => this._invalidated(undefined));
    }
  }

  /** Forgets what the session has learned: its cache is emptied. */
  async reset(): Promise<void> {
    await this.#askCache(Ask.Reset);
  }

  /** Writes out what is still to be written. */
  async flush(): Promise<void> {
    await this.#askCache(Ask.FlushSession);
  }

  async #askCache(deed: Ask.Reset | Ask.FlushSession): Promise<void> {
    if (!this.#configuration.urlCache) return;
    await bring(["cache"]);
    this._make();
    await raw.ask(deed, this.#number, 0, "", undefined);
  }

  /** Invalidates and cancels, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.invalidateAndCancel();
  }

  #make<T extends Task>(
    kind: TaskKind,
    input: RequestInput,
    body: RequestBody | undefined,
    options: TaskOptions | undefined,
    wrap: (transfer: Transfer) => T,
    download?: Plan["download"],
  ): T {
    const request = taken(input, body);
    const delegates = [options?.delegate, this.#delegate].filter(
      (delegate): delegate is SessionDelegate => delegate !== undefined && delegate !== null,
    );
    const collectsMetrics = Boolean(this.#configuration.collectsMetrics);
    const id = ++this.#lastTask;
    const plan = { session: this, of: this.#number, id, kind, request, delegates, collectsMetrics, isClosed: this.#isClosed, download };
    const transfer = new Transfer(plan);
    const task = wrap(transfer);
    transfer.description = options?.description ?? null;
    enter(transfer);
    descend(() => transfer.begin(plan));
    // The other part is told later.
    if (this.#isFinishing && !transfer.isEnded) transfer.cancel();
    if (options?.priority !== undefined) transfer.priority = options.priority;
    this.#announce(task);
    for (const signal of [options?.signal, request.signal]) if (signal) obey(transfer, signal);
    return task;
  }

  #announce(task: Task): void {
    try {
      this.#delegate?.sessionDidCreateTask?.(task);
    } catch (thrown) {
      report(thrown);
    }
  }

  /** @internal */
  _invalidated(list: SessionErrorList | undefined): void {
    const delegate = this.#delegate;
    const error = list === undefined ? null : errorOf(list);
    this.#isInvalid = true;
    leaveSession(this.#number);
    try {
      delegate?.sessionDidBecomeInvalid?.(this, error);
    } catch (thrown) {
      report(thrown);
    }
    this.#delegate = null;
  }

  /** True once the session is invalid: its tasks have ended, and it makes none that could succeed. */
  get isInvalid(): boolean {
    return this.#isInvalid;
  }
}

function isResuming(input: DownloadInput): input is { resumeData: ResumeData; headers?: Fields } {
  return typeof input === "object" && input !== null && "resumeData" in input;
}

/** Cancels the task when the signal is aborted. */
function obey(transfer: Transfer, signal: AbortSignal): void {
  if (signal.aborted) {
    transfer.cancel(signal.reason);
    return;
  }
  const abort = () => transfer.cancel(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  transfer.whenEnded(() => signal.removeEventListener("abort", abort));
}

/** What resume data go on with; they say it in a line. */
function urlOf(resumeData: ResumeData): string {
  return /^url (.+)$/m.exec(String(resumeData))?.[1] ?? "about:blank";
}

/** The request, with a field Accept. */
function askingForJson(input: RequestInput): RequestInput {
  if (typeof input === "string" || input instanceof URL) {
    return { url: input, headers: { accept: "application/json" } };
  }
  if (typeof Request !== "undefined" && input instanceof Request) {
    if (input.headers.has("accept")) return input;
    const asking = new Request(input);
    asking.headers.set("accept", "application/json");
    return asking;
  }
  const fields = flat(input.headers);
  if (fields.some((name, at) => at % 2 === 0 && name.toLowerCase() === "accept")) return input;
  const pairs: [string, string][] = [["accept", "application/json"]];
  for (let at = 0; at < fields.length; at += 2) pairs.push([fields[at] as string, fields[at + 1] as string]);
  return { ...(input as URLRequestInit), headers: pairs };
}
