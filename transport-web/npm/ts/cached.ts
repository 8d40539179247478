/** Cached responses. */

import type { HTTPURLResponse } from "./response.js";

/** Where a response may be kept. */
export type CacheStoragePolicy = "allowed" | "allowedInMemoryOnly" | "notAllowed";

/** A response as a cache keeps it, with its body whole; `NSCachedURLResponse`. */
export interface CachedURLResponse {
  /** The head. */
  readonly response: HTTPURLResponse;
  /** The body. */
  readonly data: Uint8Array;
  /** What the app keeps with it: text by name. */
  readonly userInfo?: Readonly<Record<string, string>>;
  /** Where it may be kept. Default `allowed`. */
  readonly storagePolicy?: CacheStoragePolicy;
}

/** A cached response as the part in WebAssembly has it: head, data, names and values in turn, storage. */
export type CachedList = [head: string, data: Uint8Array, info: string[], storage: number];
