import { join } from "node:path";

/** Paths of what natsform keeps for one environment on this machine. */
export interface EnvironmentFolder {
  root: string;
  /** Private halves of the deployment's keys, unless another store is named. */
  keys: string;
  keysLock: string;
  /** When a roll of what is deployed began that has not ended. */
  roll: string;
  /** The twin: thrown away as a whole. */
  twin: string;
  /** The twin's addresses, for programs. */
  connect: string;
  /** The emulated AWS: thrown away as a whole. */
  emulator: string;
  /** Stacks and states of the emulated AWS. */
  emulatorStates: string;
}

/** Paths of what natsform keeps beside a project: `.natsform/`, which is not versioned. */
export interface WorkFolder {
  root: string;
  /** Zip of a Lambda function: the deployment writes it, Terraform reads it. */
  lambdaZip(program: string): string;
  /** Files that an image adds to its base: the program as one file, its Dockerfile, its settings. */
  image(program: string): string;
  /** Images as they are built, in OCI's layout. */
  imageLayouts: string;
  /** Archive of a Helm chart that has this SHA-256: the deployment fetches it, Terraform reads it. */
  chart(sha256: string): string;
  environment(name: string): EnvironmentFolder;
}

/** The layout of `.natsform/`, for all who write in it. */
export function workFolder(project: string): WorkFolder {
  const root = join(project, ".natsform");
  return {
    root,
    lambdaZip: (program) => join(root, "lambda", `${program}.zip`),
    image: (program) => join(root, "images", program),
    imageLayouts: join(root, "oci"),
    chart: (sha256) => join(root, "charts", `nats-${sha256.slice(0, 16)}.tgz`),
    environment: (name) => {
      const own = join(root, name);
      const emulator = join(own, "emulator");
      return {
        root: own,
        keys: join(own, "keys"),
        keysLock: join(own, "keys.lock"),
        roll: join(own, "roll.json"),
        twin: join(own, "twin"),
        connect: join(own, "connect.json"),
        emulator,
        emulatorStates: join(emulator, "terraform"),
      };
    },
  };
}
