import { buildProgram } from "./program";
import { report } from "./report";

buildProgram(process.argv[2]).parseAsync().catch(report);
