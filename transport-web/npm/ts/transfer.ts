/**
 * A task's inside: what the part in WebAssembly tells of it, on its way to delegates, listeners, readers and results. The task that a program holds
 * ({@link Task}) shows some of it.
 */

import * as raw from "./wasm/urlsession.js";
import { contentOf, lengthOf } from "./body.js";
import { Ask, Call, Look } from "./calls.js";
import type { CachedList } from "./cached.js";
import type { SessionDelegate } from "./delegate.js";
import { errorOf, report, SessionError, type SessionErrorList } from "./error.js";
import {
  TaskCompleteEvent,
  TaskDataEvent,
  type TaskEventMap,
  TaskMetricsEvent,
  TaskProgressEvent,
  TaskRedirectEvent,
  TaskResponseEvent,
} from "./events.js";
import { Held } from "./held.js";
import { descend, keep, leave } from "./hub.js";
import type { TaskMetrics } from "./metrics.js";
import { areHere, bring, bringAhead, lack, type Part, partOf } from "./parts.js";
import { type ByteCounts, ended, known, Pace, type Progress } from "./progress.js";
import { ChunkReader } from "./reader.js";
import { type Taken, taken, URLRequest } from "./request.js";
import { HTTPURLResponse } from "./response.js";
import { ResumeData } from "./resume-data.js";
import type { Session } from "./session.js";
import { STATES, type TaskKind, type TaskState } from "./state.js";
import type { Task } from "./task.js";

/** Calls that the other part makes only where they are wanted; the bits are those of `src/bridge.rs`. */
const WANTS = { data: 1, retry: 2, metrics: 4, cache: 8, body: 16 } as const;

/** How long progress events are apart at least, in milliseconds. */
const PROGRESS_INTERVAL = 50;

/** What the app threw, in a box: it may be anything. */
interface Thrown {
  what: unknown;
}

/** A task in the making: what it is of, and who is told. */
export interface Plan {
  session: Session;
  /** The session's number. */
  of: number;
  /** The task's in it. */
  id: number;
  kind: TaskKind;
  request: Taken;
  delegates: readonly SessionDelegate[];
  collectsMetrics: boolean;
  /** The session takes no more. */
  isClosed: boolean;
  /** Where a download goes, and what it goes on from. */
  download?: { resumeData?: string; destination?: string; replaces?: boolean; segments?: number };
}

let lastNumber = 0;

export class Transfer {
  readonly number = ++lastNumber;
  readonly session: Session;
  readonly id: number;
  kind: TaskKind;
  readonly original: URLRequest;
  /** The task that the program holds. */
  task!: Task;
  #response: HTTPURLResponse | null = null;
  error: SessionError | null = null;
  metrics: TaskMetrics | null = null;
  /** The file of a download, and its path in the private file system. */
  file: File | null = null;
  path: string | null = null;
  description: string | null = null;

  readonly #delegates: readonly SessionDelegate[];
  /** Types of events that somebody has listened to. */
  #heard: Set<string> | null = null;
  #state: TaskState | null = null;
  #wasResumed = false;
  /** The state that listeners were told last. */
  #told: TaskState | null = null;
  #isTelling = false;
  /** There until all is there that it needs of the module. */
  #held: Held | null = null;
  /** What it goes on with, until it has begun; and that whoever cancels it before wants that. */
  #unbegun: string | undefined;
  /** How urgent it is to be, until it is made. */
  #priority: number | undefined;
  /** How long its body is, until it is made. */
  #expected = NaN;
  #isForLater = false;
  /** What of the module cannot be had. */
  #lack: SessionError | null = null;
  #thrown: Thrown | null = null;
  #reason: Thrown | null = null;
  #redirected: URLRequest | null = null;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #reader: ChunkReader | null = null;
  #isTaken = false;
  #lastProgress = -Infinity;
  #pace: Pace | null = null;
  /** Its numbers, since it has ended. */
  #ended: readonly number[] | null = null;
  #settle: (() => void)[] = [];
  #released: (() => void)[] = [];

  constructor(plan: Plan) {
    this.session = plan.session;
    this.id = plan.id;
    this.kind = plan.kind;
    this.#delegates = plan.delegates;
    this.original = new URLRequest(plan.request.text);
  }

  /** Has the other part make the task. Apart from the constructor: it may call back at once. */
  begin(plan: Plan): void {
    const { request } = plan;
    const has = (name: keyof SessionDelegate) => this.#delegates.some((delegate) => name in delegate);
    const wants =
      (plan.kind === "download" ? 0 : WANTS.data) |
      (has("taskWillRetry") ? WANTS.retry : 0) |
      (plan.collectsMetrics || has("taskDidFinishCollectingMetrics") ? WANTS.metrics : 0) |
      (has("dataTaskWillCacheResponse") ? WANTS.cache : 0) |
      (has("taskNeedNewBodyStream") ? WANTS.body : 0);
    const needs = needsOf(plan, wants);
    const { text, timeout, traits, body } = request;
    const { of, download } = plan;
    const make =
      download === undefined
        ? () => raw.session_task(of, this.number, plan.kind === "upload", wants, text, timeout, traits, body)
        : () =>
            raw.session_download(
              of,
              this.number,
              wants,
              text,
              timeout,
              traits,
              body,
              download.destination,
              download.resumeData,
              download.replaces ?? false,
              download.segments ?? 0,
            );
    if (areHere(needs)) return this.#make(make);
    // A session that takes no more refuses whatever it is.
    if (plan.isClosed) return this.#made(raw.session_task(of, this.number, false, wants, text, timeout, traits, undefined));
    this.#held = new Held(needs, make);
    this.#unbegun = download?.resumeData;
    this.#expected = lengthOf(body);
    bringAhead(needs);
  }

  /** Has the other part make it. */
  #make(make: () => number): void {
    this.session._make();
    this.#made(make());
  }

  /** The other part has made it, or has not: its number says which. */
  #made(id: number): void {
    if (this.#ended !== null) {
      raw.call(Call.FreeTask, this.number, 0);
    } else if (id <= 0) {
      // A session that is invalid refuses: the task is complete, and nobody else will say so.
      this.#state = "completed";
      keep(this);
      queueMicrotask(() => {
        this.onComplete(raw.look(Look.Error, this.number), this.#look());
        raw.call(Call.FreeTask, this.number, 0);
      });
    }
  }

  get state(): TaskState {
    return this.#state ?? this.#held?.state ?? STATES[raw.call(Call.State, this.number, 0)] ?? "completed";
  }

  get isEnded(): boolean {
    return this.#ended !== null;
  }

  resume(): void {
    this.#wasResumed = true;
    this.#change(() => this.#do(Call.Resume));
  }

  suspend(): void {
    this.#change(() => this.#do(Call.Suspend));
  }

  #do(call: Call.Resume | Call.Suspend): void {
    const held = this.#held;
    if (held === null) {
      raw.call(call, this.number, 0);
      return;
    }
    held.put(call);
    if (held.state === "running") void this.#release(held);
  }

  /** Has it begin, once what it needs is there. */
  async #release(held: Held): Promise<void> {
    const waits = this.session.configuration.waitsForConnectivity ? () => void this.onWaiting() : null;
    const error = await held.come(waits).then(
      () => null,
      (error: unknown) => error,
    );
    if (this.#held === held) {
      if (error === null) this.#begin(held);
      else this.#lacks(error);
    }
    for (const released of this.#released.splice(0)) released();
  }

  /** Has the other part do what was asked for meanwhile. */
  #begin(held: Held): void {
    this.#held = null;
    this.#unbegun = undefined;
    descend(() => {
      this.#make(held.make);
      const urgency = this.#priority;
      this.#priority = undefined;
      if (urgency !== undefined) this.priority = urgency;
      for (const call of held.calls) raw.call(call, this.number, 0);
    });
  }

  /** The other part does not have it yet. */
  get isUnmade(): boolean {
    return this.#held !== null;
  }

  /** It begins when what it needs is there, unless it is suspended then. */
  get isReleasing(): boolean {
    return this.#held?.hasRun ?? false;
  }

  /** Settled when it has begun, or never will; `null` where it is not kept from that, or was never resumed. */
  get released(): Promise<void> | null {
    if (!this.isReleasing) return null;
    return new Promise((released) => this.#released.push(released));
  }

  cancel(reason?: unknown): void {
    if (this.#ended !== null) return;
    if (reason !== undefined) this.#reason ??= { what: reason };
    this.#change(() => this.#stop());
  }

  /** Has it end as cancelled. */
  #stop(): void {
    const held = this.#held;
    this.#held = null;
    if (held === null) {
      raw.call(Call.Cancel, this.number, 0);
      return;
    }
    this.#state = "canceling";
    queueMicrotask(() => this.onComplete([-999, "cancelled", this.original.url, undefined, undefined], []));
  }

  /** Does something that may change the state, and tells the listeners if it has: those in whose midst it is done, once they have returned. */
  #change(act: () => void): void {
    if (this.#ended !== null) return;
    keep(this);
    if (!this.#hears("statechange")) return descend(act);
    this.#told ??= this.state;
    descend(act);
    if (this.#isTelling) return;
    this.#isTelling = true;
    while (this.#ended === null && this.state !== this.#told) {
      this.#told = this.state;
      this.#fire("statechange", () => new Event("statechange"));
    }
    this.#isTelling = false;
  }

  /** Cancels a download; gives what it takes to go on, once it has ended. */
  async cancelResumable(): Promise<ResumeData | null> {
    if (this.#ended !== null) return this.error?.resumeData ?? null;
    if (this.#held !== null || !areHere(["downloads"])) return this.#cancelUnbegun();
    let data!: Promise<any>;
    this.#change(() => {
      data = raw.ask(Ask.CancelResumable, this.number, 0, "", undefined);
    });
    const text: string | undefined = await data;
    return text === undefined ? null : new ResumeData(text);
  }

  /** The same of one that has not begun, for which the other part is not there yet. */
  async #cancelUnbegun(): Promise<ResumeData | null> {
    this.#isForLater = true;
    this.cancel();
    await new Promise<void>((ended) => this.whenEnded(ended));
    return this.error?.resumeData ?? null;
  }

  /** The answer's head. Of a download nobody is asked: it is looked for. */
  get response(): HTTPURLResponse | null {
    if (this.#response === null && this.#ended === null && this.kind === "download" && areHere(["downloads"])) {
      const head = raw.look(Look.Response, this.number);
      if (head !== undefined) this.#response = new HTTPURLResponse(head);
    }
    return this.#response;
  }

  /** What there is to know of it in numbers: four counts, and the priority. None before it is made. */
  #look(): readonly number[] {
    if (this.#held !== null) return [0, this.#expected];
    return this.#ended ?? raw.look(Look.Numbers, this.number) ?? [];
  }

  get counts(): ByteCounts {
    return countsOf(this.#look());
  }

  get progress(): Progress {
    if (this.#ended !== null) return ended(this.counts, this.error === null);
    return (this.#pace ??= new Pace()).look(this.counts, this.state === "running", performance.now() / 1e3);
  }

  get priority(): number {
    return this.#ended?.[4] ?? this.#priority ?? raw.call(Call.Priority, this.number, 0);
  }

  set priority(priority: number) {
    if (typeof priority !== "number" || Number.isNaN(priority)) throw new TypeError("not a priority");
    if (this.isUnmade) this.#priority = Math.fround(Math.min(Math.max(priority, 0), 1));
    else if (this.#ended === null) raw.call(Call.SetPriority, this.number, priority);
  }

  get current(): URLRequest {
    return this.#redirected ?? this.original;
  }

  /** Somebody listens to events of this type. */
  heard(type: string): void {
    (this.#heard ??= new Set()).add(type);
  }

  #hears(type: string): boolean {
    return this.#heard?.has(type) ?? false;
  }

  /** Calls back once the task has ended, at once if it has. */
  whenEnded(callback: () => void): void {
    if (this.#ended !== null) callback();
    else this.#settle.push(callback);
  }

  /** The body as far as it was gathered. */
  gathered(): Uint8Array<ArrayBuffer> {
    const chunks = this.#chunks;
    if (chunks.length === 1) return chunks[0] as Uint8Array<ArrayBuffer>;
    const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = chunks.length === 0 ? [] : [all];
    return all;
  }

  /** A reader of the body, chunk by chunk; what was gathered is its first chunk. A task has one. */
  read(): ChunkReader {
    if (this.#reader !== null || this.#isTaken) throw new TypeError("the body is read by somebody else");
    const reader = new ChunkReader(
      this.#chunks,
      () => {
        if (!this.#wasResumed) this.resume();
      },
      () => this.cancel(),
    );
    this.#chunks = [];
    this.#reader = reader;
    if (this.#ended !== null) reader.end(this.error);
    return reader;
  }

  // What the other part tells.

  onResponse(head: string, fields: Headers | undefined): unknown {
    const response = new HTTPURLResponse(head, fields);
    this.#response = response;
    this.#fire("response", () => new TaskResponseEvent(response));
    return this.#ask(
      "taskDidReceiveResponse",
      (delegate) => delegate?.(this.task, response),
      (answer) => {
        const place = disposition(answer);
        if (place !== BECOME_DOWNLOAD || areHere(["downloads"])) return place;
        return bring(["downloads"]).then(
          () => place,
          (error: unknown) => this.#lacks(error),
        );
      },
    );
  }

  onData(chunk: Uint8Array<ArrayBuffer>): unknown {
    this.#fire("data", () => new TaskDataEvent(chunk));
    this.#progressed();
    const told = this.#notify("taskDidReceiveData", (delegate) => delegate?.(this.task, chunk));
    if (told.isTaken) {
      this.#isTaken = true;
      return told.answer;
    }
    if (this.#reader !== null) return this.#reader.put(chunk);
    if (!this.#hears("data")) this.#chunks.push(chunk);
    return undefined;
  }

  onRedirection(head: string, text: string): unknown {
    const response = new HTTPURLResponse(head);
    const request = new URLRequest(text);
    const follow = (to: URLRequest) => {
      this.#redirected = to;
      this.#fire("redirect", () => new TaskRedirectEvent(response, to));
    };
    const answer = this.#ask(
      "taskWillPerformHTTPRedirection",
      (delegate) => delegate?.(this.task, response, request),
      (decision) => {
        if (decision === null) return null;
        if (decision === request) return follow(request);
        const edited = taken(decision instanceof URLRequest ? { ...decision, headers: decision.headers } : decision);
        follow(new URLRequest(edited.text));
        return edited.text;
      },
    );
    if (answer === undefined) follow(request);
    return answer;
  }

  onRetry(number: number, head: string | undefined, error: SessionErrorList | undefined, delay: number): unknown {
    const attempt = {
      number,
      response: head === undefined ? null : new HTTPURLResponse(head),
      error: error === undefined ? null : errorOf(error),
      proposedDelay: delay < 0 ? null : delay,
    };
    return this.#ask(
      "taskWillRetry",
      (delegate) => delegate?.(this.task, attempt),
      (answer) => {
        if (answer === null) return -1;
        if (typeof answer !== "number" || !(answer >= 0)) throw new TypeError("not a number of seconds, nor null");
        return answer;
      },
    );
  }

  onNeedBody(): unknown {
    return this.#ask(
      "taskNeedNewBodyStream",
      (delegate) => delegate?.(this.task),
      (body) => (body === null ? null : contentOf(body).body),
    );
  }

  onBecame(): unknown {
    this.kind = "download";
    return this.#notify("taskDidBecomeDownloadTask", (delegate) => delegate?.(this.task)).answer;
  }

  onResumed(offset: number, expected: number): unknown {
    const length = known(expected);
    return this.#notify("downloadTaskDidResumeAtOffset", (delegate) => delegate?.(this.task, offset, length)).answer;
  }

  onWritten(bytes: number, total: number, expected: number): unknown {
    if (this.#response === null && this.response !== null) {
      const { response } = this;
      this.#fire("response", () => new TaskResponseEvent(response));
    }
    this.#progressed();
    const length = known(expected);
    return this.#notify("downloadTaskDidWriteData", (delegate) => delegate?.(this.task, bytes, total, length)).answer;
  }

  onFile(file: File | undefined, path: string | undefined): unknown {
    if (file === undefined) {
      return this.#fail(new SessionError("fileDoesNotExist", "the file of the download cannot be had"));
    }
    const { response } = this;
    const type = response?.mimeType ?? "";
    const named = new File([file], response?.suggestedFilename ?? file.name, { type });
    this.file = named;
    this.path = path ?? null;
    return this.#notify("downloadTaskDidFinishDownloading", (delegate) => delegate?.(this.task, named)).answer;
  }

  onMetrics(numbers: Float64Array, texts: string[]): unknown {
    const metrics = partOf("more").metricsOf(numbers, texts, { URLRequest, HTTPURLResponse });
    this.metrics = metrics;
    this.#fire("metrics", () => new TaskMetricsEvent(metrics));
    return this.#notify("taskDidFinishCollectingMetrics", (delegate) => delegate?.(this.task, metrics)).answer;
  }

  onCache(list: CachedList): unknown {
    const { ofList, toList } = partOf("cache");
    const proposed = ofList(list, HTTPURLResponse);
    return this.#ask(
      "dataTaskWillCacheResponse",
      (delegate) => delegate?.(this.task, proposed),
      (kept) => (kept === null ? null : toList(kept, HTTPURLResponse)),
    );
  }

  onWaiting(): unknown {
    this.#fire("waiting", () => new Event("waiting"));
    return this.#notify("taskIsWaitingForConnectivity", (delegate) => delegate?.(this.task)).answer;
  }

  onSent(bytes: number, total: number, expected: number): unknown {
    this.#progressed();
    const length = known(expected);
    return this.#notify("taskDidSendBodyData", (delegate) => delegate?.(this.task, bytes, total, length)).answer;
  }

  onComplete(list: SessionErrorList | undefined, numbers: readonly number[]): void {
    if (this.#ended !== null) return;
    this.error = list === undefined ? null : this.#failure(list);
    this.#state = "completed";
    this.#held = null;
    this.#response = this.response;
    leave(this);
    this.#ended = numbers;
    this.#reader?.end(this.error);
    for (const delegate of this.#delegates) {
      if (!("taskDidComplete" in delegate)) continue;
      try {
        delegate.taskDidComplete?.(this.task, this.error);
      } catch (thrown) {
        report(thrown);
      }
      break;
    }
    this.#fire("progress", () => new TaskProgressEvent(this.progress));
    this.#fire("statechange", () => new Event("statechange"));
    this.#fire("complete", () => new TaskCompleteEvent(this.error));
    for (const settle of this.#settle.splice(0)) settle();
  }

  /** The task's error: with what the app threw or gave as its reason, if that ended it. */
  #failure(list: SessionErrorList): SessionError {
    const isCancelled = list[0] === -999;
    if (isCancelled && this.#lack !== null) return this.#lack;
    if (this.#isForLater) list[4] ??= this.#unbegun;
    if (isCancelled && this.#thrown !== null) {
      const cause = this.#thrown.what;
      return new SessionError("unknown", "a delegate's method threw", { url: list[2] ?? null, cause });
    }
    return errorOf(list, isCancelled ? this.#reason?.what : undefined);
  }

  /** What it needs of the module cannot be had: it fails with that. */
  #lacks(error: unknown): undefined {
    const { cause } = error as SessionError;
    const resumeData = this.#unbegun === undefined ? null : new ResumeData(this.#unbegun);
    this.#lack ??= lack({ cause, url: this.current.url, resumeData });
    if (this.#ended === null) this.#stop();
    return undefined;
  }

  #progressed(): void {
    if (!this.#hears("progress")) return;
    const now = performance.now();
    if (now - this.#lastProgress < PROGRESS_INTERVAL) return;
    this.#lastProgress = now;
    this.#fire("progress", () => new TaskProgressEvent(this.progress));
  }

  #fire<K extends keyof TaskEventMap>(type: K, event: () => TaskEventMap[K]): void {
    if (this.#hears(type)) this.task.dispatchEvent(event());
  }

  /** Tells the first delegate that has the method. */
  #notify<K extends keyof SessionDelegate>(
    name: K,
    call: (method: SessionDelegate[K]) => unknown,
  ): { isTaken: boolean; answer: unknown } {
    const delegate = this.#delegates.find((delegate) => delegate[name] !== undefined);
    if (delegate === undefined) return { isTaken: false, answer: undefined };
    return { isTaken: true, answer: this.#called(delegate, name, call, () => undefined) };
  }

  /** Puts a question to each delegate that has the method, until one answers. */
  #ask<K extends keyof SessionDelegate, A>(
    name: K,
    call: (method: SessionDelegate[K]) => A | PromiseLike<A>,
    decode: (answer: Exclude<A, undefined>) => unknown,
    from = 0,
  ): unknown {
    for (let at = from; at < this.#delegates.length; at++) {
      const delegate = this.#delegates[at] as SessionDelegate;
      if (delegate[name] === undefined) continue;
      const next = () => this.#ask(name, call, decode, at + 1);
      const answer = this.#called(delegate, name, call, (given) =>
        given === undefined ? next() : decode(given as Exclude<A, undefined>),
      );
      return answer;
    }
    return undefined;
  }

  /** Calls a delegate's method. What it throws, or rejects with, ends the task. */
  #called<K extends keyof SessionDelegate, A>(
    delegate: SessionDelegate,
    name: K,
    call: (method: SessionDelegate[K]) => A | PromiseLike<A>,
    decode: (answer: A) => unknown,
  ): unknown {
    const failed = (thrown: unknown) => this.#fail(thrown);
    try {
      const method = delegate[name];
      const bound = typeof method === "function" ? (method.bind(delegate) as SessionDelegate[K]) : method;
      const answer = call(bound);
      return isThenable(answer) ? Promise.resolve(answer).then(decode).catch(failed) : decode(answer);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  #fail(thrown: unknown): undefined {
    if (this.#ended !== null) {
      report(thrown);
      return undefined;
    }
    this.#thrown ??= { what: thrown };
    this.#stop();
    return undefined;
  }
}

/** What of the module a task needs beside its first part. */
function needsOf({ kind, request, session }: Plan, wants: number): readonly Part[] {
  const needs = [...session._needs];
  if (kind === "download") needs.push("downloads");
  if (needs.length === 0 && (wants & (WANTS.retry | WANTS.metrics | WANTS.body) || needsMore(request, session))) needs.push("more");
  return needs;
}

/** Bits of a request's traits: networks that it may not use, and a URL that is none. */
const OBJECTS = 7;
const BAD_URL = 8;

/** True for a request that the first part of the module cannot load. */
function needsMore({ text, traits, body, isLong }: Taken, { configuration }: Session): boolean {
  const isHttp = /^(?:get|head|post|put|delete|options|patch)\nhttps?:/i.test(text) || (traits & BAD_URL) !== 0;
  const isCounted = body !== undefined && Boolean(configuration.countsUploads);
  return !isHttp || isLong || isCounted || (traits & OBJECTS) !== 0;
}

function isThenable<A>(value: A | PromiseLike<A>): value is PromiseLike<A> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** What may be done with an answer, by the numbers of `src/bridge.rs`. */
const DISPOSITIONS = ["allow", "cancel", "becomeDownload"];
const BECOME_DOWNLOAD = 2;

/** A disposition's number. */
function disposition(answer: unknown): number {
  const place = DISPOSITIONS.indexOf(answer as string);
  if (place < 0) throw new TypeError(`no such disposition of a response: ${String(answer)}`);
  return place;
}

function countsOf(numbers: readonly number[]): ByteCounts {
  const [sent = 0, expectedToSend, received = 0, expectedToReceive] = numbers;
  return {
    sent,
    expectedToSend: known(expectedToSend),
    received,
    expectedToReceive: known(expectedToReceive),
  };
}
