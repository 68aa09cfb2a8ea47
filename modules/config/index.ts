/** Path from which environments imported before `natsform/config`: works for this release, with a warning. */
process.emitWarning("environments import from natsform/config now: ../modules/config goes with the next release", {
  type: "DeprecationWarning",
  code: "NATSFORM_CONFIG",
});

export * from "../../model/config";
