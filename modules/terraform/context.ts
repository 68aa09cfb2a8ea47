import type { Environment, Trust } from "../config";
import type { Topology } from "../topology";
import type { SynthSettings } from "./settings";

/** What a stack is made from. */
export interface StackContext {
  environment: Environment;
  topology: Topology;
  trust: Trust;
  settings: SynthSettings;
}
