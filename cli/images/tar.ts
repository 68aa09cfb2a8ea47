/** A file or folder of a tar archive; folders have no content. */
export interface TarEntry {
  /** Without a slash at its beginning. */
  path: string;
  content?: Uint8Array;
  isExecutable?: boolean;
}

const blockSize = 512;

/**
 * A tar archive whose bytes depend on names and contents alone: everything belongs to root, is readable by all and
 * writable by none but root, and is as old as the format.
 */
export function tarFile(entries: readonly TarEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const blocks = sorted.flatMap(({ path, content, isExecutable = false }) => {
    const size = content?.length ?? 0;
    const padding = new Uint8Array((blockSize - (size % blockSize)) % blockSize);
    return [header(path, content, isExecutable), content ?? new Uint8Array(), padding];
  });
  return Buffer.concat([...blocks, new Uint8Array(2 * blockSize)]);
}

function header(path: string, content: Uint8Array | undefined, isExecutable: boolean): Uint8Array {
  const name = content ? path : `${path}/`;
  if (name.length > 100) throw new Error(`a path of more than 100 characters: ${name}`);
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const fields: [offset: number, text: string][] = [
    [0, name],
    [100, octal(content && !isExecutable ? 0o644 : 0o755, 8)],
    [108, octal(0, 8)],
    [116, octal(0, 8)],
    [124, octal(content?.length ?? 0, 12)],
    [136, octal(0, 12)],
    // Counted as blanks while the sum is taken.
    [148, " ".repeat(8)],
    [156, content ? "0" : "5"],
    [257, "ustar\x0000"],
  ];
  for (const [offset, text] of fields) block.write(text, offset, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
