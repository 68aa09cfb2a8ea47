import { z } from "zod";
import { EnvironmentError } from "../common/environment-error";
import { CertificateRenewalEnv } from "./env";

/** @throws EnvironmentError with all problems at once */
export function loadSettings(environment: NodeJS.ProcessEnv): CertificateRenewalEnv {
  const { data, error } = CertificateRenewalEnv.safeParse(environment);
  if (!data) throw new EnvironmentError(z.prettifyError(error));
  return data;
}
