import { type Container, container } from "./containers";

/** A secret of a task: the variable that ECS fills from it, and where ECS finds it. */
export interface TaskSecret {
  variable: string;
  /** ARN, and key of its JSON where it is one: as ECS writes it. */
  valueFrom: string;
}

export interface SecretFilesProps {
  secrets: readonly TaskSecret[];
  /** Any image with Node. */
  image: string;
  /** User that may read them. */
  user: number;
  logGroup: string;
  region: string;
}

const volume = "secrets";
const folder = "/run/natsform/secrets";
/** MiB; of the task's memory. Node starts in half of it. */
export const secretFilesMemory = 128;

/** Each of the named variables as a file of that name, for one user to read. @param argv folder, user, variables */
const write = `
const { chownSync, writeFileSync } = require("node:fs");
const { argv, env } = process;
const [folder, user, ...variables] = argv.slice(1);
for (const variable of variables) {
  const file = folder + "/" + variable;
  writeFileSync(file, env[variable], { mode: 0o400, flag: "wx" });
  chownSync(file, Number(user), Number(user));
}
`.trim();

/**
 * Secrets as files of a task. ECS knows them as variables alone, and what is in the environment of a program is also in
 * /proc, in the environment of its children, in crash dumps, and in the answer to whoever runs a command in its
 * container. So a container that ends before the program starts is given the variables, and writes them into a volume of
 * the task.
 */
export function secretFiles({ secrets, image, user, logGroup, region }: SecretFilesProps) {
  const mount = { sourceVolume: volume, containerPath: folder };
  const writer: Container = container({
    name: "secrets",
    image,
    essential: false,
    // Fargate's volumes belong to root.
    user: "0:0",
    memory: secretFilesMemory,
    entryPoint: ["node", "-e", write],
    command: [folder, String(user), ...secrets.map(({ variable }) => variable)],
    secrets: secrets.map(({ variable, valueFrom }) => ({ name: variable, valueFrom })),
    mountPoints: [{ ...mount, readOnly: false }],
    logGroup,
    region,
  });
  return {
    writer,
    volume: { name: volume },
    /** What the program's container needs in order to read them. */
    reader: {
      mountPoints: [{ ...mount, readOnly: true }],
      dependsOn: [{ containerName: writer.name, condition: "SUCCESS" as const }],
    },
    /** Variables with the files' paths. */
    variables: Object.fromEntries(secrets.map(({ variable }) => [`${variable}_FILE`, `${folder}/${variable}`])),
  };
}
