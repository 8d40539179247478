/** What the part in WebAssembly calls. */

import type { RequestBody } from "./body.js";
import type { SessionErrorList } from "./error.js";

/** The answer to a call: nothing where there is none, a value, or a promise of either. It never rejects. */
export type HostAnswer = unknown;

/** One object, a method for each event. None of them throws. */
export interface Host {
  response(task: number, head: string): HostAnswer;
  data(task: number, chunk: Uint8Array<ArrayBuffer>): HostAnswer;
  redirection(task: number, head: string, request: string): HostAnswer;
  retry(
    task: number,
    number: number,
    head: string | undefined,
    error: SessionErrorList | undefined,
    delay: number,
  ): HostAnswer;
  body(task: number, offset: number): HostAnswer;
  waiting(task: number): HostAnswer;
  sent(task: number, bytes: number, total: number, expected: number): HostAnswer;
  became(task: number): HostAnswer;
  resumed(task: number, offset: number, expected: number): HostAnswer;
  written(task: number, bytes: number, total: number, expected: number): HostAnswer;
  file(task: number, file: File | undefined, path: string | undefined): HostAnswer;
  metrics(task: number, numbers: Float64Array, texts: string[]): HostAnswer;
  cache(task: number, head: string, data: Uint8Array, info: string[], storage: number): HostAnswer;
  canInit(session: number, protocol: number, request: string): HostAnswer;
  load(
    session: number,
    protocol: number,
    load: number,
    request: string,
    body: RequestBody | undefined,
  ): HostAnswer;
  pull(load: number): HostAnswer;
  stop(load: number): HostAnswer;
  complete(task: number, error: SessionErrorList | undefined): HostAnswer;
  invalid(session: number, error: SessionErrorList | undefined): HostAnswer;
}
