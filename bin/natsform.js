#!/usr/bin/env node
const { loadBuilt } = require("./compiled");

// Whatever is no command needs what the help needs.
const command = /^[a-z][a-z-]*$/.exec(process.argv[2] ?? "help")?.[0] ?? "help";
loadBuilt("natsform.cjs", `natsform-${command}`);
