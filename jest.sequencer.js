const { default: Sequencer } = require("@jest/test-sequencer");

/**
 * The longest first: jest knows how long files take only where they ran before, and one that takes minutes would be waited
 * for alone at the end. Files that are not named come after them, in jest's own order.
 */
const longest = ["deploy-emulated", "streams", "twin-verify", "twin-modes", "twin-faults", "dns-sync-histories"];
const rank = ({ path }) => {
  const at = longest.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return at < 0 ? longest.length : at;
};

module.exports = class extends Sequencer {
  async sort(tests) {
    return [...(await super.sort(tests))].sort((a, b) => rank(a) - rank(b));
  }
};
