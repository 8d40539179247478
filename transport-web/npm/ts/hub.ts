/** Which number is which: what the part in WebAssembly calls, handed to the task or session that it is about. */

import * as raw from "./wasm/urlsession.js";
import { Call } from "./calls.js";
import type { Host, Told } from "./host.js";
import { partOf } from "./parts.js";
import type { URLProtocol } from "./protocol.js";
import { URLRequest } from "./request.js";
import type { Session } from "./session.js";
import type { Transfer } from "./transfer.js";

/** Tasks that were resumed, or cancelled, and have not ended: they are kept though nobody holds them, and with them their sessions. */
const live = new Map<number, Transfer>();

/** Tasks of this turn that nobody has resumed yet, as a rule somebody does: then nothing weak is made for them. */
const made = new Map<number, Transfer>();
let isSorting = false;
const turn = Promise.resolve();

/** Tasks that nobody has resumed: the app may let go of them. */
const born = new Map<number, WeakRef<Transfer>>();

/** What tasks that were never resumed, and that nobody holds any more, leave behind. */
const forgotten = new FinalizationRegistry<number>((number) => {
  born.delete(number);
  raw.call(Call.FreeTask, number, 0);
});

/** Sessions that are not invalid. */
const sessions = new Map<number, WeakRef<Session>>();

/** A task was made. */
export function enter(transfer: Transfer): void {
  made.set(transfer.number, transfer);
  if (isSorting) return;
  isSorting = true;
  // Engines come to this sooner than to what `queueMicrotask` is given.
  void turn.then(sort);
}

/** The turn is over: who was not resumed in it may be let go of. */
function sort(): void {
  isSorting = false;
  for (const [number, transfer] of made) {
    born.set(number, new WeakRef(transfer));
    forgotten.register(transfer, number, transfer);
  }
  made.clear();
}

/** A task is under way. */
export function keep(transfer: Transfer): void {
  const { number } = transfer;
  if (made.delete(number)) {
    live.set(number, transfer);
  } else if (born.delete(number)) {
    forgotten.unregister(transfer);
    live.set(number, transfer);
  }
}

/** A task has ended. */
export function leave(transfer: Transfer): void {
  const { number } = transfer;
  if (born.delete(number)) forgotten.unregister(transfer);
  made.delete(number);
  live.delete(number);
}

/** A session's tasks that are under way, oldest first. */
export function tasksOf(session: Session): Transfer[] {
  const all = [...live.values()].filter((transfer) => transfer.session === session);
  return all.sort((a, b) => a.number - b.number);
}

/** Those of a session's tasks that the other part does not have yet. */
export function unmadeOf(session: Session): Transfer[] {
  const forgettable = [...born.values()].map((transfer) => transfer.deref());
  const all = [...live.values(), ...made.values(), ...forgettable];
  return all.filter((transfer): transfer is Transfer => transfer?.session === session && transfer.isUnmade);
}

/** A session was made. */
export function enterSession(number: number, session: Session): void {
  sessions.set(number, new WeakRef(session));
}

/** A session is invalid, or gone. */
export function leaveSession(number: number): void {
  sessions.delete(number);
}

function protocolsOf(session: number): readonly URLProtocol[] {
  return sessions.get(session)?.deref()?.configuration.protocols ?? [];
}

/** How deep calls into the part in WebAssembly may be in one another: beyond, the stack might end in the midst of one, and leave it unusable. */
const DEEPEST = 100;

let depth = 0;

/** Calls into the part in WebAssembly, which may call back, and so on. Throws a RangeError where that goes too deep. */
export function descend<R>(call: () => R): R {
  if (depth >= DEEPEST) throw new RangeError("calls from inside callbacks are too deep in one another");
  depth++;
  try {
    return call();
  } finally {
    depth--;
  }
}

function of(number: number): Transfer | undefined {
  return live.get(number) ?? made.get(number) ?? born.get(number)?.deref();
}

/** What is done at each event, in the order of `src/host.rs`. What it gives is the answer; nothing where there is none. */
const EVENTS: readonly ((...told: Told) => unknown)[] = [
  (task, _first, _second, _third, head, fields) => of(task)?.onResponse(head, fields),
  (task, _first, _second, _third, chunk) => of(task)?.onData(chunk),
  (task, _first, _second, _third, head, request) => of(task)?.onRedirection(head, request),
  (task, number, delay, _third, head, error) => of(task)?.onRetry(number, head, error, delay),
  (task) => of(task)?.onNeedBody(),
  (task) => of(task)?.onWaiting(),
  (task, bytes, total, expected) => of(task)?.onSent(bytes, total, expected),
  (task) => of(task)?.onBecame(),
  (task, offset, expected) => of(task)?.onResumed(offset, expected),
  (task, bytes, total, expected) => of(task)?.onWritten(bytes, total, expected),
  (task, _first, _second, _third, file, path) => of(task)?.onFile(file, path),
  (task, _first, _second, _third, numbers, texts) => of(task)?.onMetrics(numbers, texts),
  (task, _first, _second, _third, list) => of(task)?.onCache(list),
  (session, protocol, _second, _third, request) =>
    partOf("more").canInit(protocolsOf(session)[protocol], new URLRequest(request)) || undefined,
  (session, protocol, load, _third, request, body) =>
    partOf("more").begin(protocolsOf(session)[protocol], load, new URLRequest(request), body),
  (load) => partOf("more").pull(load),
  (load) => partOf("more").stop(load),
  (task, _first, _second, _third, error, numbers) => of(task)?.onComplete(error, numbers),
  (session, _first, _second, _third, error) => sessions.get(session)?.deref()?._invalidated(error),
];

let answer: unknown;

/** What the part in WebAssembly calls. */
export const host: Host = {
  tell(event, number, first, second, third, value, other) {
    const given = EVENTS[event]?.(number, first, second, third, value, other);
    answer = given;
    return given !== undefined;
  },
  numbers: (...all) => all,
  answer() {
    const given = answer;
    answer = undefined;
    return given;
  },
};
