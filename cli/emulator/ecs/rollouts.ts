/** How far a service has come with what was asked of it last. */
interface Rollout {
  /** Until it runs, or was rolled back. */
  open: boolean;
  /** Task definition that ran last as it was asked for. */
  completed?: string;
  /** Tasks that did not start since the last request. */
  failures: number;
  /** Revisions that have not run yet do not start. */
  broken: boolean;
}

/** The deployments of services, by service. */
export class Rollouts {
  readonly #rollouts = new Map<string, Rollout>();

  of(service: string): Rollout {
    const known = this.#rollouts.get(service) ?? { open: false, failures: 0, broken: false };
    this.#rollouts.set(service, known);
    return known;
  }

  begin(service: string): void {
    Object.assign(this.of(service), { open: true, failures: 0 });
  }

  complete(service: string, taskDefinition: string): void {
    Object.assign(this.of(service), { open: false, failures: 0, completed: taskDefinition });
  }

  forget(service: string): void {
    this.#rollouts.delete(service);
  }
}
