import { parseSize } from "../../model/config/units";
import { UserError } from "../core/project";

/** Bytes a second, from the option `--rate`. @throws UserError for what is no size */
export function readRate(rate: string): number {
  const bytesPerSecond = parseSize(rate);
  if (!bytesPerSecond) throw new UserError(`--rate ${rate} is no size`, "for example --rate 16MiB");
  return bytesPerSecond;
}
