import { zipSync } from "fflate";

/** A zip with one file that everybody may read, and nothing in it that depends on when and where it was made. */
export function zipFile(name: string, text: string): Uint8Array {
  return zipSync({
    [name]: [
      new TextEncoder().encode(text),
      {
        level: 9,
        // Zips hold local time: the same clock face in every time zone, the first that the format knows.
        mtime: new Date(1980, 0, 1),
        // As on Unix: a regular file, 0644. Lambda sets these permissions, and runs as another user.
        os: 3,
        attrs: 0o100644 << 16,
      },
    ],
  });
}
