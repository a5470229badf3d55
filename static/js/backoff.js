// @ts-check
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before a reconnection: doubling, with jitter so that a server that comes back is not
 * met by every page at once.
 *
 * @param {number} failures in a row, from 1
 * @param {number} chance in [0, 1)
 * @returns {number} milliseconds
 */
export function backoffMs(failures, chance) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(full * (0.5 + chance / 2));
}
