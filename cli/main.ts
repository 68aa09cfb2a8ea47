import { buildProgram } from "./program";
import { report } from "./report";

buildProgram().parseAsync().catch(report);
