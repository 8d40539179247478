/**
 * The part in WebAssembly, as `wasm-bindgen` makes it of `src/`: flat functions over numbers that this part gives out. A test holds these
 * declarations beside the generated ones.
 */

import type { Host } from "../host.js";
import type { InitInput } from "../init.js";

export default function init(options?: {
  module_or_path: InitInput | Promise<InitInput>;
}): Promise<unknown>;

export function session_new(
  number: number,
  host: Host,
  numbers: Float64Array,
  fields: string,
  fetch: number,
): void;
export function session_with(
  number: number,
  host: Host,
  numbers: Float64Array,
  fields: string,
  safe: string,
  fetch: number,
  retries: boolean,
  methods: string | null | undefined,
  cache: number,
  protocols: number,
): void;
export function session_task(
  session: number,
  number: number,
  uploads: boolean,
  wants: number,
  request: string,
  timeout: number,
  traits: number,
  body: unknown,
): number;
export function session_download(
  session: number,
  number: number,
  wants: number,
  request: string,
  timeout: number,
  traits: number,
  body: unknown,
  destination: string | null | undefined,
  resume_data: string | null | undefined,
  replaces: boolean,
  segments: number,
): number;
export function session_response(
  session: number,
  number: number,
  request: string,
  timeout: number,
  traits: number,
  body: unknown,
): Promise<Response | undefined>;

export function cache_new(number: number, memory_capacity: number, disk_capacity: number, name: string): void;

/**
 * Takes another part of the module, and its JavaScript, the base of the others first. Undefined where the module was built whole, as the optimised one is not.
 */
export const addPart:
  | ((module: Response | BufferSource | WebAssembly.Module, javascript: typeof import("./javascript.js")) => Promise<void>)
  | undefined;

/** `deed` is a `Call` of `calls.ts`. */
export function call(deed: number, number: number, argument: number): number;
/** `what` is a `Look` of `calls.ts`. */
export function look(what: number, number: number): any;
/** `deed` is an `Ask` of `calls.ts`. */
export function ask(deed: number, number: number, argument: number, text: string, value: unknown): Promise<any>;
