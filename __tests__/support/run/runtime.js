const { createRequire, isBuiltin } = require("node:module");
const { compileFunction } = require("node:vm");
const { default: Runtime } = require("jest-runtime");

const load = createRequire(__filename);
const installed = /[\\/]node_modules[\\/]/;

/**
 * Runs files of tests in node's own realm, as the programs run, and loads installed packages once for all files of a worker:
 * jest would evaluate some hundred of their modules anew for each file, which is most of what a short file costs. What is
 * natsform's own is evaluated anew.
 */
module.exports = class SharedRealm extends Runtime {
  constructor(...given) {
    super(...given);
    const { executor } = this;
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModule(from, name, options, isRequireActual) {
    if (!options?.isInternalModule && name && !isBuiltin(name)) {
      const path = this._resolution.resolveCjs(from, name);
      if (installed.test(path)) return load(path);
    }
    return super.requireModule(from, name, options, isRequireActual);
  }
};
