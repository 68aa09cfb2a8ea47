/** Where environments imported from before `natsform/config`: works for this release, and says so. */
process.emitWarning("environments import from natsform/config now: ../modules/config goes with the next release", {
  type: "DeprecationWarning",
  code: "NATSFORM_CONFIG",
});

export * from "../../model/config";
