import { Gauge, type Registry } from "prom-client";

/** A gauge whose value is read whenever the metrics are. */
export const readGauge =
  (registers: Registry[]) =>
  (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
