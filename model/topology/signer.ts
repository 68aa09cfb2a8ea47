import type { Environment } from "../config";
import type { Certificate } from "./model";
import { platformModel } from "./platform-models";

/** Signer of internal certificates. */
export const signerOf = ({
  platform,
  tls,
}: Pick<Environment["clusters"][string], "platform" | "tls">): Certificate["signer"] =>
  tls.issuer ?? platformModel(platform).signer;
