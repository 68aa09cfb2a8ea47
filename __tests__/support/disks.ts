import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Disks of their own for servers, each an ext4 image, whose power can be cut. */
export interface Disks {
  /** Where each disk is mounted. */
  readonly folders: readonly string[];
  /** Loses what was not synced, at once and on all of them, as xfstests' `godown` does. Everything fails until `restore`. */
  cut(): void;
  /** Mounts the disks again, as after a boot. Whoever has files open on them must be gone. */
  restore(): void;
  remove(): void;
}

/** @param mebibytes size of each */
export function makeDisks(count: number, mebibytes = 64): Disks {
  const root = mkdtempSync(join(tmpdir(), "natsform-disks-"));
  const disks = Array.from({ length: count }, (_, i) => ({
    image: join(root, `${i}.img`),
    folder: join(root, `${i}`),
  }));
  const mounted = new Set<string>();
  const mount = ({ image, folder }: { image: string; folder: string }) => {
    run("mount", "-o", "loop", image, folder);
    mounted.add(folder);
  };
  const unmount = ({ folder }: { folder: string }) => {
    // A process that is gone may still be closing its files.
    if (mounted.delete(folder)) run("sh", "-c", UNMOUNT, "sh", folder);
  };
  const made: Disks = {
    folders: disks.map(({ folder }) => folder),
    cut: () => run("python3", "-c", SHUTDOWN, ...disks.map(({ folder }) => folder)),
    restore() {
      for (const disk of disks) {
        unmount(disk);
        mount(disk);
      }
    },
    remove() {
      for (const disk of disks) unmount(disk);
      rmSync(root, { recursive: true, force: true });
    },
  };
  try {
    for (const disk of disks) {
      mkdirSync(disk.folder);
      run("truncate", "-s", `${mebibytes}M`, disk.image);
      run("mkfs.ext4", "-q", disk.image);
      mount(disk);
    }
    return made;
  } catch (error) {
    made.remove();
    throw error;
  }
}

/** Loop devices need root, which not every machine gives. */
export function canCutPower(): boolean {
  try {
    makeDisks(1).remove();
    return true;
  } catch {
    return false;
  }
}

const UNMOUNT = 'for i in $(seq 100); do umount "$1" && exit; sleep 0.1; done; exit 1';

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH; Node has no ioctl. */
const SHUTDOWN = `
import fcntl, os, struct, sys
for folder in sys.argv[1:]:
    fcntl.ioctl(os.open(folder, os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
`;

const run = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: "pipe" });
};
