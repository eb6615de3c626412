import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";

/** How the name of a file that is not complete yet begins; web servers and relays do not serve it. */
export const TEMPORARY = ".weir-";

/**
 * Writes a file so that whoever reads it at any moment finds the old one or the new one, and never a part.
 *
 * @param durable whether it must be on the disk when this resolves, so that not even a loss of power takes it back
 */
export async function replaceFile(file: string, content: string | Uint8Array, durable = true): Promise<void> {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, TEMPORARY + randomUUID());
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(content);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
