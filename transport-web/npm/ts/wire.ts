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

/** The first two lines of a text. */
export function firstTwo(text: string): [string, string] {
  const first = text.indexOf("\n");
  if (first < 0) return [text, ""];
  const second = text.indexOf("\n", first + 1);
  return [text.slice(0, first), text.slice(first + 1, second < 0 ? undefined : second)];
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
