// @ts-check
/**
 * How much of the search space is changed, as optimization/pages/space_fields.py says it too.
 *
 * @param {{use: string, usual: string}[]} rows what was chosen for each hyperparameter, and what stands by itself
 * @returns {string}
 */
export function changedWords(rows) {
  const changed = rows.filter(({ use, usual }) => use !== usual).length;
  return changed ? `${changed} changed` : "nothing changed";
}
