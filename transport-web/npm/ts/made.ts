/** The browser's `Response`, made of a task's answer. */

import type { HTTPURLResponse } from "./response.js";

/** That of this head and these chunks, the first of which has come. */
export function responseOf(
  head: HTTPURLResponse,
  first: IteratorResult<Uint8Array<ArrayBuffer>>,
  chunks: AsyncIterator<Uint8Array<ArrayBuffer>>,
): Response {
  let next: Promise<IteratorResult<Uint8Array<ArrayBuffer>>> | null = Promise.resolve(first);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await (next ?? chunks.next());
      next = null;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
  const isEmpty = head.status < 200 || [204, 205, 304].includes(head.status);
  const made = new Response(isEmpty ? null : stream, { status: head.status, headers: head.headers });
  return Object.defineProperty(made, "url", { value: head.url });
}
