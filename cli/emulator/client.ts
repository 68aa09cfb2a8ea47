import type { AwsAddress } from "./aws";
import type { EmulatorState } from "./control";

/** The emulator's own API; see cli/emulator/control.ts. */
export class EmulatorControl {
  constructor(private readonly address: Pick<AwsAddress, "url" | "key">) {}

  state(): Promise<EmulatorState> {
    return this.call("GET", "state");
  }

  /** Waits until every event has reached its function and every service has its desired tasks. */
  async settled(timeoutMs = 120_000): Promise<EmulatorState> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const state = await this.state();
      if (state.idle) return state;
      if (Date.now() > until) throw new Error(`the emulator is not done within ${timeoutMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Fires every schedule of the region once. */
  async runSchedules(region: string): Promise<string[]> {
    return (await this.call<{ rules: string[] }>("POST", "schedules/run", { region })).rules;
  }

  async call<T>(method: string, route: string, body?: object): Promise<T> {
    const response = await fetch(`${this.address.url}/_emulator/${route}`, {
      method,
      headers: { authorization: `Bearer ${this.address.key}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the emulator answers ${response.status} to ${route}: ${text}`);
    return JSON.parse(text) as T;
  }
}
