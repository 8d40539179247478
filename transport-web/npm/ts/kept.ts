/** Cached responses as the part in WebAssembly has them. */

import type { CachedList, CachedURLResponse } from "./cached.js";
import type { HTTPURLResponse } from "./response.js";

/** Where a response may be kept, by Apple's numbers. */
const STORAGE = ["allowed", "allowedInMemoryOnly", "notAllowed"] as const;

/** A list's response, of this class. */
export function ofList(
  [head, data, info, storage]: CachedList,
  HTTP: typeof HTTPURLResponse,
): Required<CachedURLResponse> {
  const userInfo: Record<string, string> = {};
  for (let at = 0; at + 1 < info.length; at += 2) userInfo[info[at] as string] = info[at + 1] as string;
  return { response: new HTTP(head), data, userInfo, storagePolicy: STORAGE[storage] ?? "allowed" };
}

/** The list of a response, which is of this class. */
export function toList(cached: CachedURLResponse, HTTP: typeof HTTPURLResponse): CachedList {
  const { response, data, userInfo = {}, storagePolicy = "allowed" } = cached;
  const storage = STORAGE.indexOf(storagePolicy);
  if (!(response instanceof HTTP) || !(data instanceof Uint8Array) || storage < 0) {
    throw new TypeError("not a cached response");
  }
  return [response._text, data, Object.entries(userInfo).flat().map(String), storage];
}
