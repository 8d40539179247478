// What a place can do, tried out. The body of a function of the origin server's URLs; it gives a probe for each feature of
// transport-web/engines.json: an async function that says whether it is so. One that throws says no.
//
// Nothing here is taken for granted: what a place has not is an error of its own.

const head = async (url, init) => (await fetch(url, init)).text();
const unique = () => `x-number=${Math.random()}`;

/** A response that was opened at the origin server, whole and long enough for several chunks. */
const stream = async () => (await fetch(`${sites.http}/bytes/100000`)).body;

/** Whether a request looks at a member of its init. */
const looksAt = (member, init = {}) => {
  let looked = false;
  Object.defineProperty(init, member, { get() { looked = true; } });
  new Request(sites.http, init);
  return looked;
};

/** A new file of the origin's own file system, given to `use`, and gone afterwards. */
const withFile = async (use) => {
  const folder = await navigator.storage.getDirectory();
  const name = `probe-${Math.random()}`;
  const file = await folder.getFileHandle(name, { create: true });
  try {
    return await use(file, folder);
  } finally {
    for (const one of [name, `${name}-moved`]) await folder.removeEntry(one).catch(() => {});
  }
};

/** The entry of Resource Timing of a fetch that has ended, waited for a second. */
const entry = async () => {
  const url = `${sites.http}/bytes/1000?${unique()}`;
  await head(url);
  for (let waited = 0; waited < 20; waited += 1) {
    const [found] = performance.getEntriesByName(url, "resource");
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no entry");
};

/** A value as a database gives it back. */
const throughDatabase = async (value) => {
  const name = `probe-${Math.random()}`;
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const opening = indexedDB.open(name);
  opening.onupgradeneeded = () => opening.result.createObjectStore("store");
  const database = await settled(opening);
  try {
    await settled(database.transaction("store", "readwrite").objectStore("store").put(value, 1));
    return await settled(database.transaction("store").objectStore("store").get(1));
  } finally {
    database.close();
    await settled(indexedDB.deleteDatabase(name));
  }
};

return {
  async byte_reader() {
    const reader = (await stream()).getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(10));
    await reader.cancel();
    return value.length === 10;
  },

  async streamed_request_body() {
    const init = { method: "POST", body: new ReadableStream() };
    let looked = false;
    Object.defineProperty(init, "duplex", { get() { looked = true; return "half"; } });
    const type = new Request(sites.http, init).headers.get("content-type");
    return looked && type === null;
  },

  async streamed_request_body_over_http_1() {
    const chunk = new TextEncoder().encode("chunk");
    const body = new ReadableStream({ start(control) { control.enqueue(chunk); control.close(); } });
    return (await head(`${sites.http}/echo`, { method: "POST", body, duplex: "half" })) === "chunk";
  },

  async request_is_sent_again() {
    const to = encodeURIComponent(`${sites.http}/echo`);
    const request = new Request(`${sites.http}/redirect?status=307&to=${to}`, { method: "POST", body: new Uint8Array(3) });
    return fetch(request).then(async (response) => (await response.text()).length === 3, () => false);
  },

  async fetch_priority() {
    return looksAt("priority");
  },

  async keepalive() {
    return "keepalive" in Request.prototype;
  },

  async browser_cache() {
    const url = `${sites.http}/counted?${unique()}&cache-control=max-age%3D1000`;
    return (await head(url)) === (await head(url));
  },

  async cache_modes() {
    const url = `${sites.http}/counted?${unique()}&cache-control=max-age%3D1000`;
    const counts = [];
    for (const cache of ["default", "default", "no-store", "default", "reload", "default"]) {
      counts.push(await head(url, { cache }));
    }
    return counts.join() === "1,1,2,1,3,3";
  },

  async user_agent_of_a_script() {
    const text = await head(`${sites.http}/requestHeaders`, { headers: { "user-agent": "probe/1" } });
    return text.includes("probe/1");
  },

  async request_fields_are_guarded() {
    const text = await head(`${sites.http}/requestHeaders`, { headers: { cookie: "probe=1", date: "probe" } });
    return !text.includes("probe");
  },

  async authorization_stays_with_its_origin() {
    const to = encodeURIComponent(`${sites.http_other}/requestHeaders`);
    const init = { headers: { authorization: "Basic cHJvYmU=" } };
    return !(await head(`${sites.http}/redirect?status=302&to=${to}`, init)).includes("cHJvYmU=");
  },

  async location_of_a_manual_redirect() {
    const to = encodeURIComponent(`${sites.http}/requestHeaders`);
    const response = await fetch(`${sites.http}/redirect?status=302&to=${to}`, { redirect: "manual" });
    return response.status === 302;
  },

  async response_fields_are_guarded() {
    const { headers } = await fetch(`${sites.http}/requestCookies`);
    return !headers.has("set-cookie") && !headers.has("access-control-expose-headers");
  },

  async field_bytes() {
    const { headers } = await fetch(`${sites.http}/headers?X-Probe=%E9`);
    const sent = await head(`${sites.http}/requestHeaders`, { headers: { "x-probe": "\u00e9" } });
    return headers.get("x-probe") === "\u00e9" && sent.split("\r\n").includes("x-probe: \u00e9");
  },

  async no_body_is_null() {
    return (await fetch(`${sites.http}/status/204`)).body === null;
  },

  async unread_bodies_hold_back() {
    // Whoever reads twice as much meanwhile gives the unread one the time that it would take.
    const url = `${sites.http}/bytes/${96 * 1048576}?${unique()}`;
    const control = new AbortController();
    const unread = await fetch(url, { signal: control.signal });
    for (const name of ["one", "two"]) {
      const reader = (await fetch(`${url}&${name}`)).body.getReader();
      while (!(await reader.read()).done);
    }
    const entries = performance.getEntriesByName(url, "resource");
    control.abort();
    // Held until here: a response that nobody holds may be let go.
    return !unread.bodyUsed && !entries.some(({ responseEnd }) => responseEnd > 0);
  },

  async cut_chunks_are_noticed() {
    return head(`${sites.http}/fault/last-chunk-missing`).then(() => false, () => true);
  },

  async broken_codings_are_noticed() {
    return head(`${sites.http}/encoded/gzip/1000?spoil=0`).then(() => false, () => true);
  },

  async abort_reason() {
    const control = new AbortController();
    const reason = new Error("probe");
    const fetched = fetch(`${sites.http}/delay/60000`, { signal: control.signal });
    control.abort(reason);
    return fetched.then(() => false, (error) => error === reason);
  },

  async resource_timing() {
    return (await entry()).responseEnd > 0;
  },

  async timing_of_phases() {
    const { requestStart, responseStart, responseEnd } = await entry();
    return requestStart > 0 && responseStart >= requestStart && responseEnd >= responseStart;
  },

  async timing_protocol() {
    return (await entry()).nextHopProtocol === "http/1.1";
  },

  async timing_sizes() {
    const { transferSize, encodedBodySize, decodedBodySize } = await entry();
    return transferSize > 1000 && encodedBodySize === 1000 && decodedBodySize === 1000;
  },

  async timing_status() {
    return (await entry()).responseStatus === 200;
  },

  async upload_events() {
    const request = new XMLHttpRequest();
    let told = 0;
    request.open("POST", `${sites.http}/echo`);
    request.upload.onprogress = (event) => { told = event.loaded; };
    const ended = new Promise((resolve) => { request.onloadend = resolve; });
    request.send(new Blob(["0123456789"]));
    await ended;
    return told === 10;
  },

  async files_of_the_origin() {
    return withFile(async (file) => (await file.getFile()).size === 0);
  },

  async file_access_handle() {
    return withFile(async (file) => {
      const handle = await file.createSyncAccessHandle();
      handle.write(new Uint8Array(10), { at: 5 });
      handle.flush();
      handle.close();
      return (await file.getFile()).size === 15;
    });
  },

  async file_writable() {
    return withFile(async (file) => {
      const writable = await file.createWritable();
      await writable.write(new Uint8Array(10));
      await writable.close();
      return (await file.getFile()).size === 10;
    });
  },

  async file_move() {
    return withFile(async (file, folder) => {
      const name = `${file.name}-moved`;
      await file.move(name);
      return (await folder.getFileHandle(name)).name === name;
    });
  },

  async indexed_db() {
    const kept = await throughDatabase(new Uint8Array([1, 2, 3]));
    return kept.join() === "1,2,3";
  },

  async indexed_db_blobs() {
    const kept = await throughDatabase(new Blob(["probe"]));
    return (await kept.text()) === "probe";
  },

  async locks() {
    return navigator.locks.request(`probe-${Math.random()}`, async (lock) => lock !== null);
  },

  async network_events() {
    return typeof navigator.onLine === "boolean" && typeof addEventListener === "function";
  },

  async network_information() {
    return typeof navigator.connection.addEventListener === "function";
  },

  async storage_estimate() {
    return (await navigator.storage.estimate()).quota > 0;
  },

  async async_iteration_of_streams() {
    let length = 0;
    for await (const chunk of await stream()) length += chunk.length;
    return length === 100000;
  },

  async cookie_store() {
    return typeof cookieStore.get === "function";
  },

  async web_transport() {
    return typeof WebTransport === "function";
  },

  async web_socket_stream() {
    return typeof WebSocketStream === "function";
  },

  async background_fetch() {
    return typeof BackgroundFetchManager === "function";
  },
};
