/** What was done to files, in order: `sync NAME`, `rename to NAME`, `remove NAME`. */
export const done: string[] = [];

/** Node's own functions of files, which note what they do in `done`. */
export function recordedFiles(): typeof import("node:fs") {
  const fs = jest.requireActual<typeof import("node:fs")>("node:fs");
  const open = new Map<number, string>();
  const named = (path: unknown) => String(path).split("/").at(-1) ?? "";
  return {
    ...fs,
    openSync: ((path: string, ...rest: [string, number]) => {
      const file = fs.openSync(path, ...rest);
      open.set(file, named(path));
      return file;
    }) as typeof fs.openSync,
    fsyncSync: (file: number) => {
      done.push(`sync ${open.get(file)}`);
      fs.fsyncSync(file);
    },
    renameSync: ((from: string, to: string) => {
      done.push(`rename to ${named(to)}`);
      fs.renameSync(from, to);
    }) as typeof fs.renameSync,
    rmSync: ((path: string, options: object) => {
      done.push(`remove ${named(path)}`);
      fs.rmSync(path, options);
    }) as typeof fs.rmSync,
  };
}
