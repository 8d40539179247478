/** A name for a file out of what a server says, safe to be joined to any folder: by the rules of core's `words/file_name.rs`. */

/** The longest name, in bytes: what file systems take. */
const LONGEST = 255;

/** Invisible marks that change the direction of text, which hide an extension. */
const DIRECTIONS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Separators, most of what Windows forbids, and control characters. */
const FORBIDDEN = /[/\\:*?<>|\0-\x1f\x7f-\x9f]/g;

/** What stands for a device on Windows, whatever its extension. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(?:\.|$)/i;

/** What Content-Disposition suggests (RFC 6266; `filename*`, RFC 8187, before `filename`), else the last part of the path, else the host. */
export function suggestedFilename(url: string, disposition: string | null): string {
  const [, parameters = ""] = /^[\t -~]*$/.test(disposition ?? "") ? (/;(.*)/.exec(disposition ?? "") ?? []) : [];
  let place: URL | undefined;
  try {
    place = new URL(url);
  } catch {
    // A protocol of the app's can say anything.
  }
  const last = place?.pathname.startsWith("/") ? place.pathname.slice(place.pathname.lastIndexOf("/") + 1) : "";
  return (
    baseName(extended(parameter(parameters, "filename*"))) ||
    baseName(parameter(parameters, "filename")) ||
    baseName(last) ||
    baseName(place?.hostname ?? "") ||
    "Unknown"
  );
}

/** The base name that a name suggests: one component of a path, never `.` or `..`; empty when nothing of it is left. */
function baseName(name: string): string {
  const clean = cut(name.replace(DIRECTIONS, "").replace(FORBIDDEN, "_").replace(/^[.\s]+/, "")).replace(/[.\s]+$/, "");
  return DEVICE.test(clean) ? cut(`_${clean}`) : clean;
}

function cut(name: string): string {
  return name.slice(0, new TextEncoder().encodeInto(name, new Uint8Array(LONGEST)).read);
}

/** The value of a parameter, unquoted; empty where there is none. */
function parameter(text: string, wanted: string): string {
  for (const [, name = "", quoted, plain = ""] of text.matchAll(/([^=;]*)(?:=\s*(?:"((?:[^"\\]|\\.)*)\\?"?|([^;]*)))?[;\t ]*/g)) {
    if (name.trim().toLowerCase() === wanted) return quoted?.replace(/\\(.)/g, "$1") ?? plain.trim();
  }
  return "";
}

/** The value of an extended parameter (RFC 8187): `UTF-8'language'percent-encoded`, ISO-8859-1 too; empty for what is none. */
function extended(value: string): string {
  const [, charset = "", encoded = ""] = /^([^']*)'[^']*'((?:[^%]|%[\da-f]{2})*)$/i.exec(value) ?? [];
  try {
    if (/^utf-8$/i.test(charset)) return decodeURIComponent(encoded);
  } catch {
    return "";
  }
  return /^iso-8859-1$/i.test(charset) ? encoded.replace(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))) : "";
}
