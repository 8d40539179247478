// @ts-check
/** Numbers as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A number of bytes: `24 MB`, `1.5 MB`, `312 B`. @param {number} count */
export function bytes(count) {
  if (!Number.isFinite(count)) return "–";
  let unit = 0;
  while (count >= 1000 && unit < UNITS.length - 1) {
    count /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || count >= 100 ? 0 : count >= 10 ? 1 : 2;
  return `${Number(count.toFixed(digits))} ${UNITS[unit]}`;
}

/** A fraction of one as per cent. @param {number | null | undefined} fraction */
export function percent(fraction) {
  return fraction == null ? "–" : `${Math.round(fraction * 100)} %`;
}

/** A time in milliseconds: `0.4 ms`, `312 ms`, `1.25 s`. @param {number} ms */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 10) return `${Math.max(0, ms).toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A time that is left, in seconds: `8 s left`, `2 min left`. @param {number} seconds */
export function left(seconds) {
  if (seconds >= 90) return `${Math.round(seconds / 60)} min left`;
  return `${Math.max(1, Math.round(seconds))} s left`;
}
