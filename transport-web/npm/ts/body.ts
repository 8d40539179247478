/** What a request carries. */

/** What a request can carry: as `fetch` takes it. A `Blob` or `File` is never read into the program's memory. */
export type RequestBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array>;

/** A body as the part in WebAssembly takes it, and the media type that it has by itself. */
export interface Content {
  body: string | Uint8Array | Blob | ReadableStream<Uint8Array>;
  type?: string;
}

/** How many bytes a body has; not a number where that is unknown. */
export function lengthOf(body: unknown): number {
  if (typeof body === "string") return new TextEncoder().encode(body).length;
  if (body instanceof Uint8Array) return body.length;
  return body instanceof Blob ? body.size : body === undefined ? 0 : NaN;
}

/** Takes a body in any of its forms. */
export function contentOf(body: RequestBody): Content {
  if (typeof body === "string") return { body, type: "text/plain;charset=UTF-8" };
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body) };
  if (ArrayBuffer.isView(body)) {
    return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
  }
  if (body instanceof Blob) return body.type ? { body, type: body.type } : { body };
  if (body instanceof URLSearchParams) {
    return { body: body.toString(), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (body instanceof FormData) return form(body);
  if (typeof ReadableStream !== "undefined" && body instanceof ReadableStream) return { body };
  throw new TypeError("not a body: text, bytes, a Blob, FormData, URLSearchParams or a ReadableStream");
}

/** A form as `multipart/form-data` (HTML, section 4.10.21.8): a Blob of its parts, whose files stay where they are. */
function form(data: FormData): Content {
  const boundary = `----urlsession-${crypto.getRandomValues(new Uint32Array(4)).join("")}`;
  const parts: BlobPart[] = [];
  const escaped = (name: string) =>
    name.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
  for (const [name, value] of data) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === "string") {
      parts.push(`${head}\r\n\r\n${value.replace(/\r\n|\r|\n/g, "\r\n")}\r\n`);
    } else {
      const type = value.type || "application/octet-stream";
      parts.push(`${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, value, "\r\n");
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { body: new Blob(parts), type: `multipart/form-data; boundary=${boundary}` };
}
