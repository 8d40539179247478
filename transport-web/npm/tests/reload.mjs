// What a page loads by a cache in IndexedDB, and its next visit finds there.

/** What `kept` gives on the first visit, and on the second. */
export const FIRST = ["1", "networkLoad", 200000, 7];
export const SECOND = ["1", "localCache", 200000, 7];

/** Loads a resource that counts how often it is asked for, and a long one that only the first visit stores. */
export async function kept(lib) {
  const urlCache = new lib.UrlCache({ diskCapacity: 50 << 20, name: "reload" });
  const session = new lib.Session({ urlCache, collectsMetrics: true });
  const long = `${location.origin}/nowhere`;
  if (sessionStorage.getItem("visited") === null) {
    const response = lib.HTTPURLResponse.of(long, 200, { "cache-control": "max-age=1000", date: new Date().toUTCString() });
    await urlCache.storeCachedResponse({ response, data: new Uint8Array(200000).fill(7) }, long);
    sessionStorage.setItem("visited", "yes");
  }
  const task = session.dataTask("/counted?cache-control=max-age%3D1000&by=reload").resume();
  const { data } = await task.finished;
  const stored = await session.data({ url: long, cachePolicy: "returnCacheDataDontLoad" });
  await session.flush();
  const { resourceFetchType } = task.metrics.transactionMetrics.at(-1);
  return [new TextDecoder().decode(data), resourceFetchType, stored.data.length, stored.data.at(-1)];
}
