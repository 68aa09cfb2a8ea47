import { handleError } from "./core/handle-error";
import { buildProgram } from "./program";

buildProgram().parseAsync().catch(handleError);
