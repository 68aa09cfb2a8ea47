const { default: Sequencer } = require("@jest/test-sequencer");

/**
 * The longest first: jest knows how long files take only where they ran before, and one that takes minutes would be waited
 * for alone at the end. Files that are not named come after them, in jest's own order.
 */
const longest = [
  "truth/deploy-emulated",
  "truth/changes-emulated",
  "truth/fleet-emulated",
  "truth/power-cut-emulated",
  "truth/package",
  "truth/streams",
  "truth/roll",
  "truth/twin-modes",
  "truth/twin-faults",
  "truth/backup-program",
  "truth/twin-lifecycle",
  "truth/twin-changes",
  "truth/twin-verify",
  "truth/keys-by-cluster",
  "truth/heal",
  "cli/toolbox/install",
  "cli/keys-rotation",
  "truth/digest-contract",
  "truth/changes",
  "truth/certificate-manager-acme",
  "truth/certificate-agent",
  "truth/node-versions",
  "truth/leaf-clusters",
  "truth/attacks-after-login",
  "truth/attacks-callout",
  "cli/keys",
  "truth/backup-task",
  "truth/keys-import",
  "truth/power-cut",
  "truth/twin-plan",
  "cli/check",
  "runtime/dns-sync-histories",
];
const rank = ({ path }) => {
  const at = longest.findIndex((name) => path.endsWith(`/__tests__/${name}.test.ts`));
  return at < 0 ? longest.length : at;
};

class LongestFirst extends Sequencer {
  async sort(tests) {
    return [...(await super.sort(tests))].sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
module.exports.longest = longest;
