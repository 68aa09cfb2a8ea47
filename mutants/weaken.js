/**
 * The text of a file with a weakening in it. Plain JavaScript, since jest's transformer uses it before anything is
 * compiled.
 *
 * @param {string} text
 * @param {{ file: string, find: string, replace: string }} planted
 * @throws when the place is not there, or is not the only one
 */
function weaken(text, { file, find, replace }) {
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Error(`${file}: ${JSON.stringify(find)} stands there ${count} times, and must once`);
  return text.replace(find, () => replace);
}

module.exports = { weaken };
