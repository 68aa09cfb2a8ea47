import type { Cloud, VirtualTask } from "./dns-virtual-aws";

export type Happening = "start" | "stop" | "stopped" | "sick" | "heal" | "replace" | "move";

/** A cluster whose servers come and go. Every cloud it was is kept: what AWS answers may lag behind. */
export class VirtualCluster {
  readonly past: Cloud[] = [];
  private tasks: readonly VirtualTask[] = [];
  private addresses = new Map<string, string>();
  private made = 0;

  constructor(readonly services: readonly string[]) {
    for (const service of services) this.start(service);
    this.past.push(this.cloud());
  }

  cloud(): Cloud {
    return { tasks: this.tasks, addresses: this.addresses };
  }

  happen(what: Happening, service: string): void {
    const task = this.tasks.findLast((candidate) => candidate.service === service);
    if (what === "start" || what === "replace" || !task)
      this.start(service, what === "replace" ? "UNKNOWN" : "HEALTHY");
    else if (what === "stop") this.alter({ ...task, desiredStatus: "STOPPED" });
    else if (what === "stopped") this.remove(task);
    else if (what === "move") this.addresses = new Map(this.addresses).set(task.interfaceId, this.newAddress());
    else this.alter({ ...task, healthStatus: what === "sick" ? "UNHEALTHY" : "HEALTHY" });
    this.past.push(this.cloud());
  }

  /** The truth that the record is to follow, by another way than the program's. */
  healthyAddresses(): string[] {
    const found: string[] = [];
    for (const { lastStatus, desiredStatus, healthStatus, interfaceId, service } of this.tasks)
      if (
        `${lastStatus} ${desiredStatus} ${healthStatus}` === "RUNNING RUNNING HEALTHY" &&
        this.services.includes(service)
      )
        found.push(this.addresses.get(interfaceId) ?? "none");
    return found.sort();
  }

  /** A replaced server's health is unknown until it heals. */
  private start(service: string, healthStatus = "HEALTHY"): void {
    const old = this.tasks.filter((task) => task.service === service);
    // As in a rolling update, the one before is still there, and is told to stop.
    const stopping = old.slice(-1).map((task) => ({ ...task, desiredStatus: "STOPPED" }));
    const gone = old.slice(0, -1);
    this.made += 1;
    const interfaceId = `eni-${this.made}`;
    this.addresses = new Map([...this.addresses, [interfaceId, this.newAddress()]]);
    for (const { interfaceId: id } of gone) this.addresses.delete(id);
    const started = { lastStatus: "RUNNING", desiredStatus: "RUNNING", healthStatus, interfaceId };
    this.tasks = [
      ...this.tasks.filter((task) => task.service !== service),
      ...stopping,
      { arn: `task/${this.made}`, service, ...started },
    ];
  }

  private alter(altered: VirtualTask): void {
    this.tasks = this.tasks.map((task) => (task.arn === altered.arn ? altered : task));
  }

  private remove({ arn, interfaceId }: VirtualTask): void {
    this.tasks = this.tasks.filter((task) => task.arn !== arn);
    this.addresses = new Map([...this.addresses].filter(([id]) => id !== interfaceId));
  }

  private newAddress(): string {
    this.made += 1;
    return `198.51.${this.made >> 8}.${this.made & 255}`;
  }
}
