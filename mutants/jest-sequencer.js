const { default: Sequencer } = require("@jest/test-sequencer");

/** The order in which the files were named: those that are nearest to the weakened file come first. */
module.exports = class extends Sequencer {
  sort(tests) {
    const order = JSON.parse(process.env.NATSFORM_MUTANT_ORDER ?? "[]");
    const rank = ({ path }) => order.findIndex((file) => path.endsWith(`/${file}`));
    return [...tests].sort((a, b) => rank(a) - rank(b));
  }
};
