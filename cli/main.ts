import { handleError } from "./core/handle-error";
import { buildProgram } from "./program";

buildProgram(process.argv[2]).parseAsync().catch(handleError);
