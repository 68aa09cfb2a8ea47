import { report } from "./core/report";
import { buildProgram } from "./program";

buildProgram(process.argv[2]).parseAsync().catch(report);
