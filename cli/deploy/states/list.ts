import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { type BackendConfig, backendConfig } from "../../../artifacts/backend-config";
import { errorMessage } from "../../../runtime/common/error-message";
import { backendSettings, type DeployTarget } from "../target";

/** Stands for the name of a stack in the place of its state. */
const any = "\0";

/** Names of all states in the environment's backend, whoever they belong to. @throws when it cannot be listed */
export async function listStates(target: DeployTarget): Promise<string[]> {
  return (await list(backendConfig(target.environment, any, backendSettings(target)), target.env)).sort();
}

async function list(backend: BackendConfig, env: Record<string, string>): Promise<string[]> {
  switch (backend.kind) {
    case "local":
      return localStates(backend.config.path);
    case "s3": {
      const { bucket: Bucket, key, region } = backend.config;
      const client = new S3Client({ region, forcePathStyle: isPathStyle(env) });
      const found: string[] = [];
      const [Prefix] = key.split(any);
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix }))
        found.push(...Contents.flatMap(({ Key = "" }) => between(Key, key)));
      client.destroy();
      return found;
    }
    case "gcs":
      // Terraform adds the name of its workspace.
      return gcsObjects(backend.config.bucket, `${backend.config.prefix}/default.tfstate`, env);
  }
}

function localStates(path: string): string[] {
  try {
    return readdirSync(dirname(path)).flatMap((file) => between(file, basename(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The name of a stack, where a path is that of its state. */
function between(path: string, pattern: string): string[] {
  const [before = "", after = ""] = pattern.split(any);
  if (!path.startsWith(before) || !path.endsWith(after) || path.length <= before.length + after.length) return [];
  const name = path.slice(before.length, path.length - after.length);
  return name.includes("/") ? [] : [name];
}

/** As Terraform's own backend is told by `-backend-config=use_path_style=true`, for stores that are not AWS's. */
const isPathStyle = ({ TF_CLI_ARGS_init = "" }: Record<string, string>) => /use_path_style=true/.test(TF_CLI_ARGS_init);

const Objects = z.object({
  items: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** Google's JSON API, as the identity that Terraform's backend uses. */
async function gcsObjects(bucket: string, pattern: string, env: Record<string, string>): Promise<string[]> {
  const found: string[] = [];
  const authorization = `Bearer ${await googleToken(env)}`;
  const host = env.GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT ?? "https://storage.googleapis.com/storage/v1/";
  let page: string | undefined;
  do {
    const url = new URL(`b/${encodeURIComponent(bucket)}/o`, host);
    url.searchParams.set("prefix", pattern.split(any)[0] ?? "");
    if (page) url.searchParams.set("pageToken", page);
    const answer = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`${url.host}: ${answer.status}`);
    const { items, nextPageToken } = Objects.parse(await answer.json());
    found.push(...items.flatMap(({ name }) => between(name, pattern)));
    page = nextPageToken;
  } while (page);
  return found;
}

async function googleToken(env: Record<string, string>): Promise<string> {
  if (env.GOOGLE_OAUTH_ACCESS_TOKEN) return env.GOOGLE_OAUTH_ACCESS_TOKEN;
  const run = promisify(execFile);
  const { stdout } = await run("gcloud", ["auth", "application-default", "print-access-token"], { env }).catch(
    (error: unknown) => {
      throw new Error(`no token of Google: set GOOGLE_OAUTH_ACCESS_TOKEN, or install gcloud (${errorMessage(error)})`);
    },
  );
  return stdout.trim();
}
