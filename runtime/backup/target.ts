/** Storage of backups: objects by path, each there as a whole or not at all. */
export interface Target {
  /** As people read it; holds no secret. */
  readonly name: string;
  /** Paths of all objects below a folder, sorted. A folder that is not there is empty. */
  list(folder: string): Promise<string[]>;
  /**
   * Writes a path that was never written before. The object is there, durably, once this resolves; when the source
   * fails or the process dies, it is not.
   */
  write(path: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Throws NoSuchObject. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Does nothing for what is not there. */
  remove(path: string): Promise<void>;
  /** Removes leftovers of dead writers below a folder that are older than `before`, in milliseconds since the epoch. */
  sweep(folder: string, before: number): Promise<number>;
}

export class NoSuchObject extends Error {
  override readonly name = "NoSuchObject";
  constructor(path: string) {
    super(`${path} is not there`);
  }
}

/** A target that cannot be used; the message is for the operator. */
export class TargetError extends Error {
  override readonly name = "TargetError";
}

export async function readText(target: Target, path: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of target.read(path)) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

export async function writeText(target: Target, path: string, text: string): Promise<void> {
  async function* one() {
    yield Buffer.from(text, "utf8");
  }
  await target.write(path, one());
}
