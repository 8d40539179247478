/** Protocols of the app's own. */

import type { RequestBody } from "./body.js";
import type { MaybePromise } from "./delegate.js";
import type { URLRequest } from "./request.js";

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
