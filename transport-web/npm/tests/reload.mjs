// What a page begins, and its next visit finds: responses in IndexedDB, and what there is of a download that the first visit did not end.

import { hasPrivateFileSystem } from "./cases.mjs";

/** What `visit` gives the first time, and the second. */
export const FIRST = ["1", "networkLoad", 200000, 7, "broken off"];
export const SECOND = ["1", "localCache", 200000, 7, "gone on with"];

export async function visit(lib) {
  const isFirst = sessionStorage.getItem("visitor") === null;
  if (isFirst) sessionStorage.setItem("visitor", `${Date.now()}-${Math.random()}`);
  const urlCache = new lib.UrlCache({ diskCapacity: 50 << 20, name: "reload" });
  const session = new lib.Session({ urlCache, collectsMetrics: true });
  const found = [...(await counted(session)), ...(await long(lib, session, urlCache, isFirst))];
  await session.flush();
  const download = isFirst ? breakOff : goOn;
  return [...found, await download(lib, session)];
}

/** A resource that says how often it was asked for: by nobody but this visitor. */
async function counted(session) {
  const task = session.dataTask(`/counted?cache-control=max-age%3D1000&by=${sessionStorage.getItem("visitor")}`).resume();
  const { data } = await task.finished;
  return [new TextDecoder().decode(data), task.metrics.transactionMetrics.at(-1).resourceFetchType];
}

/** A long one, which only the first visit stores. */
async function long(lib, session, urlCache, isFirst) {
  const url = `${location.origin}/nowhere`;
  if (isFirst) {
    const response = lib.HTTPURLResponse.of(url, 200, { "cache-control": "max-age=1000", date: new Date().toUTCString() });
    await urlCache.storeCachedResponse({ response, data: new Uint8Array(200000).fill(7) }, url);
  }
  const { data } = await session.data({ url, cachePolicy: "returnCacheDataDontLoad" });
  return [data.length, data.at(-1)];
}

const destination = "films/1.bin";

/** Leaves a download in its midst, once some of it is durable. */
async function breakOff(lib, session) {
  session.downloadTask("/bytes/16000000?rate=4000000", { destination }).resume();
  if (await hasPrivateFileSystem()) while (!/^received [1-9]/m.test(await lib.ResumeData.forDestination(destination)));
  return "broken off";
}

async function goOn(lib, session) {
  const resumeData = await lib.ResumeData.forDestination(destination);
  // In memory, what there was has ended with the page.
  if (!(await hasPrivateFileSystem()) && resumeData === null) return "gone on with";
  let from = 0;
  const delegate = { downloadTaskDidResumeAtOffset: (_, offset) => (from = offset) };
  const { file } = await session.download({ resumeData }, { destination, delegate });
  const isThere = await lib.ResumeData.forDestination(destination);
  return file.size === 16000000 && from > 0 && isThere === null ? "gone on with" : `${file.size} bytes, from ${from} on; ${isThere}`;
}
