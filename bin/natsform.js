#!/usr/bin/env node
// TypeScript is run as it stands: environments are TypeScript too, so there is nothing to build first.
require("tsx/cjs");
require("../cli/main.ts");
