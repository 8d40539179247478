/** The loads of protocols. */

import type { RequestBody } from "./body.js";
import type { URLProtocol } from "./protocol.js";
import type { URLRequest } from "./request.js";
import { lines } from "./wire.js";

/** A load under way. */
interface Load {
  abort: AbortController;
  reader: ReadableStreamDefaultReader<Uint8Array> | null;
}

const loads = new Map<number, Load>();

/** Does the protocol load this request? */
export function canInit(protocol: URLProtocol | undefined, request: URLRequest): boolean {
  if (protocol === undefined) return false;
  try {
    if (protocol.canInit !== undefined) return Boolean(protocol.canInit(request));
    return protocol.scheme !== undefined && request.url.startsWith(`${protocol.scheme}:`);
  } catch {
    return false;
  }
}

/** Begins a load; gives the text of the answer's head. */
export async function begin(
  protocol: URLProtocol | undefined,
  number: number,
  request: URLRequest,
  body: RequestBody | undefined,
): Promise<string> {
  const abort = new AbortController();
  const load: Load = { abort, reader: null };
  loads.set(number, load);
  const response = await protocol?.startLoading(request, { signal: abort.signal, body: body ?? null });
  if (!(response instanceof Response)) throw new TypeError("a protocol gave no Response");
  // `Response.error()` has the status 0.
  if (response.status === 0) throw new TypeError("a protocol gave the response of a network error");
  if (loads.get(number) === load) load.reader = response.body?.getReader() ?? null;
  else await response.body?.cancel();
  return lines([response.url || request.url, String(response.status), ...[...response.headers].flat()]);
}

/** The next chunk of a load; undefined at the end. */
export async function pull(number: number): Promise<Uint8Array | undefined> {
  const reader = loads.get(number)?.reader;
  for (;;) {
    const read = await reader?.read();
    if (read === undefined || read.done) return undefined;
    if (!(read.value instanceof Uint8Array)) throw new TypeError("a protocol's body is made of Uint8Arrays");
    if (read.value.length > 0) return read.value;
  }
}

/** The load has ended, or is stopped. */
export function stop(number: number): void {
  const load = loads.get(number);
  loads.delete(number);
  load?.reader?.cancel().catch(() => undefined);
  load?.abort.abort();
}
