/**
 * The part in WebAssembly, as `wasm-bindgen` makes it of `src/`: flat functions over numbers that this part gives out. A test holds these
 * declarations beside the generated ones.
 */

import type { SessionErrorList } from "../error.js";
import type { Host } from "../host.js";
import type { CachedList } from "../cached.js";
import type { InitInput } from "../init.js";

export default function init(options?: {
  module_or_path: InitInput | Promise<InitInput>;
}): Promise<unknown>;

export function session_new(
  number: number,
  host: Host,
  numbers: Float64Array,
  fields: string,
  safe: string,
  retries: boolean,
  methods: string | null | undefined,
  statuses: Uint16Array | null | undefined,
  error_codes: Int32Array | null | undefined,
  cache: number,
  protocols: number,
  fetch: string,
): void;
export function session_task(
  session: number,
  number: number,
  kind: number,
  request: string,
  timeout: number,
  cache_policy: number,
  service_type: number,
  forbidden: number,
  body: unknown,
  fetch: string,
  wants: number,
): void;
export function session_download(
  session: number,
  number: number,
  request: string,
  timeout: number,
  cache_policy: number,
  service_type: number,
  forbidden: number,
  body: unknown,
  fetch: string,
  wants: number,
  resume_data: string | null | undefined,
  destination: string | null | undefined,
  replaces: boolean,
  segments: number,
): void;
export function session_response(
  session: number,
  number: number,
  request: string,
  timeout: number,
  cache_policy: number,
  service_type: number,
  forbidden: number,
  body: unknown,
  fetch: string,
): Promise<Response | undefined>;
export function response_cancel(number: number): void;
export function session_finish(number: number): void;
export function session_cancel(number: number): void;
export function session_flush(number: number, resets: boolean): Promise<unknown>;
export function session_free(number: number): void;

export function task_id(number: number): number;
export function task_state(number: number): number;
export function task_error(number: number): SessionErrorList;
export function task_resume(number: number): void;
export function task_suspend(number: number): void;
export function task_cancel(number: number): void;
export function task_cancel_resumable(number: number): Promise<string | undefined>;
export function task_priority(number: number): number;
export function task_set_priority(number: number, priority: number): void;
export function task_response(number: number): string | undefined;
export function task_counts(number: number): Float64Array;
export function task_progress(number: number): Float64Array;
export function task_end(number: number): Float64Array;
export function task_free(number: number): void;

export function cache_new(number: number, memory_capacity: number, disk_capacity: number, name: string): void;
export function cache_free(number: number): void;
export function cache_numbers(number: number): Float64Array;
export function cache_set_memory_capacity(number: number, bytes: number): void;
export function cache_do(number: number, deed: number, argument: number): Promise<number | undefined>;
export function cache_response(
  number: number,
  session: number,
  request: string,
  deed: CachedList | null | undefined,
): Promise<CachedList | undefined>;

export function file_remove(path: string): Promise<unknown>;

export function capabilities(): number;
export function suggested_filename(head: string): string | undefined;
