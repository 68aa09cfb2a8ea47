import type { Logger } from "pino";
import { errorMessage } from "../common/error-message";
import { contentDigest, verifyCertificate } from "./certificate";
import { credentialContent } from "./credential";
import { decideConfig } from "./decide-config";
import type { AgentCertificate, AgentCredential, CertificateAgentEnv } from "./env";
import { describeFailure, Rejected } from "./failure";
import type { Metrics } from "./metrics";
import { configWhat, type OpenProblems, refusedConfig } from "./open-problems";
import { usagesOf } from "./served-certificates";
import type { ServerFiles } from "./server-files";
import type { Store } from "./store";

/** A change that was written, and can be undone when the server refuses it. */
export interface Change {
  what: string;
  undo(): unknown;
}

export interface UpdaterProps {
  env: CertificateAgentEnv;
  store: Store;
  files: ServerFiles;
  openProblems: OpenProblems;
  metrics: Metrics;
  log: Logger;
}

/** Puts new values of the store in place, each by itself: one that fails holds no other one back. */
export class Updater {
  /** Revisions that need no further check: in place, or refused by the server. */
  readonly #seen = new Map<string, string>();
  constructor(readonly props: UpdaterProps) {}

  /** @returns the changes that were written */
  async update(): Promise<Change[]> {
    const { env } = this.props;
    const changes = await Promise.all([
      ...env.CERTIFICATES.map((certificate) =>
        this.#attempt(`certificate ${certificate.id}`, (what) => this.#certificate(what, certificate)),
      ),
      ...env.CREDENTIALS.map((credential) =>
        this.#attempt(`credentials ${credential.file}`, (what) => this.#credential(what, credential)),
      ),
    ]);
    // Last: a configuration may name what has just been written.
    changes.push(await this.#attempt(configWhat, (what) => this.#config(what)));
    return changes.filter((change) => change !== undefined);
  }

  async #attempt(what: string, take: (what: string) => Promise<Change | undefined>): Promise<Change | undefined> {
    const { openProblems, metrics, log } = this.props;
    try {
      const change = await take(what);
      openProblems.close(what);
      if (change) log.info({ what }, "written");
      return change;
    } catch (error) {
      metrics.failed(what, error instanceof Rejected ? "rejected" : "failed");
      openProblems.open(what, describeFailure(error as Error));
      return undefined;
    }
  }

  async #certificate(what: string, { id, secret, names }: AgentCertificate): Promise<Change | undefined> {
    const { env, store, files, metrics } = this.props;
    const inPlace = files.certificates.read(id);
    if (inPlace) metrics.certificate(id, inPlace.notAfter);
    if (inPlace && this.#seen.get(what) === (await store.secretRevision(secret))) return undefined;
    const { value, revision } = await store.secret(secret);
    const isPrivate = (inPlace?.authorities ?? "") !== "";
    const verdict = verifyCertificate(value, {
      names,
      usages: usagesOf(id, env.LISTENERS),
      isPrivate,
      now: new Date(),
    });
    if ("problems" in verdict) throw new Rejected(verdict.problems.join("; "));
    const { certificate } = verdict;
    this.#seen.set(what, revision);
    if (inPlace && contentDigest(inPlace) === contentDigest(certificate)) return undefined;
    files.writeCertificate(id, certificate);
    metrics.certificate(id, certificate.notAfter);
    return {
      what,
      undo: () => inPlace && files.writeCertificate(id, inPlace),
    };
  }

  async #credential(what: string, { file, secret }: AgentCredential): Promise<Change | undefined> {
    const { store, files } = this.props;
    const inPlace = files.credential(file);
    if (inPlace && this.#seen.get(what) === (await store.secretRevision(secret))) return undefined;
    const { value, revision } = await store.secret(secret);
    let content: string;
    try {
      content = credentialContent(file, value);
    } catch (error) {
      throw new Rejected(errorMessage(error));
    }
    this.#seen.set(what, revision);
    if (content === inPlace) return undefined;
    files.writeCredential(file, content);
    return { what, undo: () => files.writeCredential(file, inPlace) };
  }

  async #config(what: string): Promise<Change | undefined> {
    const { env, store, files, openProblems, metrics, log } = this.props;
    const inPlace = files.conf();
    if (inPlace && this.#seen.get(what) === (await store.configRevision())) return undefined;
    const [newest, digest] = [await store.config(), await store.published(env.RESTART_DIGEST)];
    if (!digest) throw new Rejected(`no configuration has the restart digest ${env.RESTART_DIGEST}`);
    const desired = { serverName: env.SERVER_NAME, restartDigest: env.RESTART_DIGEST, textDigest: digest };
    let decision = decideConfig(newest, desired, inPlace);
    let { text } = newest;
    metrics.configWaits(decision.action === "wait");
    if (decision.action === "wait" && inPlace)
      log.info({ revision: newest.revision }, "the configuration waits for the task that replaces this one");
    if ((decision.action === "wait" || decision.action === "reject") && !inPlace) {
      // A task that starts after the configuration has moved on, for example because a deployment was rolled back.
      const own = await store.configFor(env.RESTART_DIGEST, digest);
      if (own) decision = decideConfig(own, desired, inPlace);
      if (own) text = own.text;
      else throw new Rejected(`no configuration in the store is the one that was published for ${env.RESTART_DIGEST}`);
    }
    if (decision.action === "reject") throw new Rejected(decision.problem);
    this.#seen.set(what, newest.revision);
    if (decision.action === "keep") openProblems.close(refusedConfig);
    if (decision.action !== "write") return undefined;
    files.writeConf(text);
    return { what, undo: () => inPlace && files.writeConf(inPlace) };
  }
}
