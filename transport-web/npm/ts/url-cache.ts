/** Caches. */

import * as raw from "./wasm/urlsession.js";
import type { CachedList, CachedURLResponse } from "./cached.js";
import { Ask, Call } from "./calls.js";
import { rejection } from "./error.js";
import { mustBeReady } from "./init.js";
import { areHere, bring, bringAhead, partOf } from "./parts.js";
import { type RequestInput, taken } from "./request.js";
import { HTTPURLResponse } from "./response.js";

/** How a cache is made. Each member may be left out. */
export interface UrlCacheOptions {
  /** How many bytes it takes in memory. Default 4 MiB. */
  memoryCapacity?: number;
  /** How many bytes it takes in IndexedDB, where it outlives the page. Default 0: it is in memory alone. */
  diskCapacity?: number;
  /** The name of what is on disk: caches of one name share it. Default `urlsession`. */
  name?: string;
}

const forgotten = new FinalizationRegistry<number>((number) => raw.call(Call.FreeCache, number, 0));

let lastNumber = 0;

/**
 * A private cache of responses, as HTTP has it (RFC 9111); `NSURLCache`. Several sessions may share one.
 *
 * A session without one leaves caching to the browser; a session with one asks the browser to store nothing.
 *
 * ```ts
 * const urlCache = new UrlCache({ memoryCapacity: 8 * 1024 * 1024 });
 * const session = new Session({ urlCache });
 * ```
 */
export class UrlCache {
  readonly #number = ++lastNumber;
  /** What it is made of, until the other part has it. */
  #unmade: { memory: number; readonly disk: number; readonly name: string } | null;

  /** A cache. Throws before `init` is done. */
  constructor(options: UrlCacheOptions = {}) {
    mustBeReady();
    const { memoryCapacity = 4 * 1024 * 1024, diskCapacity = 0, name = "urlsession" } = options;
    this.#unmade = { memory: bytes(memoryCapacity), disk: bytes(diskCapacity), name: String(name) };
    if (areHere(["cache"])) this._made();
    else bringAhead(["cache"]);
  }

  /**
   * Its number, with which the other part has it from now on. That part is there.
   *
   * @internal
   */
  _made(): number {
    const unmade = this.#unmade;
    this.#unmade = null;
    if (unmade !== null) {
      raw.cache_new(this.#number, unmade.memory, unmade.disk, unmade.name);
      forgotten.register(this, this.#number);
    }
    return this.#number;
  }

  /** How many bytes the part in memory may take. What is over a smaller number is evicted at once. */
  get memoryCapacity(): number {
    return this.#unmade?.memory ?? raw.call(Call.MemoryCapacity, this.#number, 0);
  }

  set memoryCapacity(capacity: number) {
    if (this.#unmade === null) raw.call(Call.SetMemoryCapacity, this.#number, bytes(capacity));
    else this.#unmade.memory = bytes(capacity);
  }

  /** How many bytes the part in memory takes. */
  get currentMemoryUsage(): number {
    return this.#unmade === null ? raw.call(Call.MemoryUsage, this.#number, 0) : 0;
  }

  /** How many bytes the part on disk may take; 0 where there is none. */
  get diskCapacity(): number {
    return this.#unmade?.disk ?? raw.call(Call.DiskCapacity, this.#number, 0);
  }

  /** Sets how many bytes the part on disk may take. */
  async setDiskCapacity(capacity: number): Promise<void> {
    await this.#ask(Ask.SetDiskCapacity, bytes(capacity));
  }

  /** How many bytes the part on disk takes. */
  async currentDiskUsage(): Promise<number> {
    return (await this.#ask(Ask.DiskUsage)) ?? 0;
  }

  /** The response to a request that is kept, fresh or not; `null` where there is none. */
  async cachedResponse(request: RequestInput): Promise<Required<CachedURLResponse> | null> {
    const found = await this.#asked(request, () => undefined);
    return found === undefined ? null : partOf("cache").ofList(found, HTTPURLResponse);
  }

  /** Keeps a response as the answer to a request, in place of the one there was. One that HTTP does not let be kept is not. */
  async storeCachedResponse(cached: CachedURLResponse, request: RequestInput): Promise<void> {
    await this.#asked(request, () => partOf("cache").toList(cached, HTTPURLResponse));
  }

  /** Takes out every response to the URL of a request. */
  async removeCachedResponse(request: RequestInput): Promise<void> {
    await this.#asked(request, () => null);
  }

  /** Takes everything out. */
  async removeAllCachedResponses(): Promise<void> {
    await this.#ask(Ask.RemoveAll);
  }

  /** Takes out what was stored at a date or after it. */
  async removeCachedResponsesSince(date: Date): Promise<void> {
    await this.#ask(Ask.RemoveSince, date.getTime());
  }

  /** Ready when all that is to outlive the page is as durable as it gets. */
  async flush(): Promise<void> {
    await this.#ask(Ask.FlushCache);
  }

  async #ask(deed: Ask, argument = 0): Promise<any> {
    if (!areHere(["cache"])) await bring(["cache"]);
    return raw.ask(deed, this._made(), argument, "", undefined);
  }

  async #asked(
    request: RequestInput,
    value: () => CachedList | null | undefined,
  ): Promise<CachedList | undefined> {
    const { text } = taken(request);
    if (!areHere(["cache"])) await bring(["cache"]);
    try {
      return await raw.ask(Ask.CachedResponse, this._made(), 0, text, value());
    } catch (thrown) {
      throw rejection(thrown);
    }
  }
}

function bytes(count: number): number {
  if (typeof count !== "number" || !(count >= 0)) throw new TypeError("not a number of bytes");
  return count;
}
