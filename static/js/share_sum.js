// @ts-check
/**
 * What typed shares add up to, and what to say of it.
 *
 * @param {string[]} typed
 * @returns {{text: string, isWhole: boolean}}
 */
export function shareSum(typed) {
  const sum = typed.reduce((total, text) => total + (Number(text) || 0), 0);
  const isWhole = Math.abs(sum - 1) < 1e-6;
  return { text: isWhole ? "1.00" : `${sum.toFixed(2)}; must be 1.00`, isWhole };
}
