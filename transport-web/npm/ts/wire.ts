/** Requests and heads of responses as texts; the other side is `src/wire.rs`. */

/** The lines of a text. What holds a line's end gets a CR in its place, which the other part refuses. */
export function lines(parts: readonly string[]): string {
  let text = "";
  for (const part of parts) {
    text += (text && "\n") + (part.includes("\n") ? part.replaceAll("\n", "\r") : part);
  }
  return text;
}

/** Header fields as they can be given: as `fetch` takes them. */
export type Fields = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/** Names and values in turn. */
export function flat(fields: Fields | undefined | null): string[] {
  if (fields === undefined || fields === null) return [];
  const pairs = Symbol.iterator in fields ? fields : Object.entries(fields);
  const all: string[] = [];
  for (const [name, value] of pairs) all.push(String(name), String(value).trim());
  return all;
}

/** The first line of a text. */
export function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : text.slice(0, end);
}

/** The second line of a text; empty where there is none. */
export function secondLine(text: string): string {
  const start = text.indexOf("\n") + 1;
  if (start === 0) return "";
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end);
}

/** The fields of a text's lines, from the third on. */
export function fieldsOf(text: string): Headers {
  const headers = new Headers();
  const parts = text.split("\n");
  for (let at = 2; at + 1 < parts.length; at += 2) {
    headers.append(parts[at] as string, parts[at + 1] as string);
  }
  return headers;
}

/** A copy of the fields that a response has; it may be a page's imitation: what it has that is none is left out. */
export function copied(told: Headers): Headers {
  const headers = new Headers();
  try {
    for (const [name, value] of told.entries()) {
      try {
        headers.append(name, value);
      } catch {
        // It can be no field.
      }
    }
  } catch {
    // There are no more.
  }
  return headers;
}
