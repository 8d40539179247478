/** Cached responses. */

import { HTTPURLResponse } from "./response.js";

/** Where a response may be kept, by Apple's numbers. */
const STORAGE = ["allowed", "allowedInMemoryOnly", "notAllowed"] as const;

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

/** A list's response. */
export function ofList([head, data, info, storage]: CachedList): Required<CachedURLResponse> {
  const userInfo: Record<string, string> = {};
  for (let at = 0; at + 1 < info.length; at += 2) userInfo[info[at] as string] = info[at + 1] as string;
  return { response: new HTTPURLResponse(head), data, userInfo, storagePolicy: STORAGE[storage] ?? "allowed" };
}

/** The list of a response. */
export function toList(cached: CachedURLResponse): CachedList {
  const { response, data, userInfo = {}, storagePolicy = "allowed" } = cached;
  const storage = STORAGE.indexOf(storagePolicy);
  if (!(response instanceof HTTPURLResponse) || !(data instanceof Uint8Array) || storage < 0) {
    throw new TypeError("not a cached response");
  }
  return [response._text, data, Object.entries(userInfo).flat().map(String), storage];
}
