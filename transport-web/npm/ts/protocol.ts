/** Protocols of the app's own. */

import type { RequestBody } from "./body.js";
import type { MaybePromise } from "./delegate.js";
import { URLRequest } from "./request.js";
import { lines } from "./wire.js";

/** What a protocol is given beside the request. */
export interface ProtocolContext {
  /** Aborted when the load stops: the task was cancelled, timed out, or led elsewhere. */
  readonly signal: AbortSignal;
  /** What the request carries, where that is at hand. */
  readonly body: RequestBody | null;
}

/**
 * Loads some requests itself, in place of the network: a scheme of the app's own, a stub for a server, an archive; `NSURLProtocol`.
 *
 * To the app such a load is like any other: delegates are called, timers run, suspending it leaves its body unread.
 *
 * ```ts
 * const notes: URLProtocol = {
 *   canInit: (request) => request.url.startsWith("note:"),
 *   startLoading: (request) => new Response(localStorage.getItem(request.url), { status: 200 }),
 * };
 * const session = new Session({ protocols: [notes] });
 * ```
 */
export interface URLProtocol {
  /** The scheme that it loads (`"note"`), in place of {@link canInit}. */
  readonly scheme?: string;
  /** Is this request mine? Asked when a task is made, and at each redirect. What it throws counts as no. */
  canInit?(request: URLRequest): boolean;
  /**
   * The answer, as a browser's `Response`. One that redirects (`Response.redirect`) leads the task on. What is thrown fails the task with
   * `resourceUnavailable`, and is the error's `cause`.
   */
  startLoading(request: URLRequest, context: ProtocolContext): MaybePromise<Response>;
}

/** A load under way. */
interface Load {
  abort: AbortController;
  reader: ReadableStreamDefaultReader<Uint8Array> | null;
}

const loads = new Map<number, Load>();

/** Does the protocol load this request? */
export function canInit(protocol: URLProtocol | undefined, text: string): boolean {
  if (protocol === undefined) return false;
  try {
    const request = new URLRequest(text);
    if (protocol.canInit !== undefined) return Boolean(protocol.canInit(request));
    return protocol.scheme !== undefined && request.url.startsWith(`${protocol.scheme}:`);
  } catch {
    return false;
  }
}

/** Begins a load; gives the text of the answer's head. */
export async function begin(
  protocol: URLProtocol | undefined,
  number: number,
  text: string,
  body: RequestBody | undefined,
): Promise<string> {
  const abort = new AbortController();
  const load: Load = { abort, reader: null };
  loads.set(number, load);
  const request = new URLRequest(text);
  const response = await protocol?.startLoading(request, { signal: abort.signal, body: body ?? null });
  if (!(response instanceof Response)) throw new TypeError("a protocol gave no Response");
  // `Response.error()` has the status 0.
  if (response.status === 0) throw new TypeError("a protocol gave the response of a network error");
  if (loads.get(number) === load) load.reader = response.body?.getReader() ?? null;
  else await response.body?.cancel();
  return lines([response.url || request.url, String(response.status), ...[...response.headers].flat()]);
}

/** The next chunk of a load; undefined at the end. */
export async function pull(number: number): Promise<Uint8Array | undefined> {
  const reader = loads.get(number)?.reader;
  for (;;) {
    const read = await reader?.read();
    if (read === undefined || read.done) return undefined;
    if (!(read.value instanceof Uint8Array)) throw new TypeError("a protocol's body is made of Uint8Arrays");
    if (read.value.length > 0) return read.value;
  }
}

/** The load has ended, or is stopped. */
export function stop(number: number): void {
  const load = loads.get(number);
  loads.delete(number);
  load?.reader?.cancel().catch(() => undefined);
  load?.abort.abort();
}
