import { open, realpath, rename, rm } from 'node:fs/promises';

/** Writes a file beside the one that is there and puts it in its place when it is whole. Whatever goes wrong, the old one stays as it was. */
export async function writeBeside(
  file: string,
  texts: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  // The file that a link names, not the link.
  const target = await realpath(file).catch(() => file);
  const fresh = `${target}.${process.pid}.part`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    for await (const text of texts) {
      signal?.throwIfAborted();
      await handle.writeFile(text);
    }
    signal?.throwIfAborted();
    await handle.sync();
    await handle.close();
    await rename(fresh, target);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(fresh, { force: true });
    throw error;
  }
}
