import type { SecretStorage } from 'vscode';
import { aboutOf, parseAbout, parseValue, record } from './key-info.ts';
import { aboutName, readRecords, uidOfFormer, valueName } from './key-records.ts';

/** Where versions before this one kept keys: a list of all, which two windows could overwrite for each other, and a secret each. */
const FORMER_LIST = 'gatehouse.keys';
const formerName = (id: string): string => `gatehouse.key.${id}`;

/** Takes keys over from there, once. Two windows that do so at the same moment write the same. */
export async function takeOver(secrets: SecretStorage): Promise<void> {
  const text = await secrets.get(FORMER_LIST);
  if (text === undefined) return;
  const entries = Object.values(record(text)).map((entry) => JSON.stringify(entry));
  const there = new Set((await readRecords(secrets)).map(({ uid }) => uid));
  for (const entry of entries) {
    const about = parseAbout(entry);
    if (about === undefined) continue;
    const uid = uidOfFormer(about.id);
    const value = JSON.stringify({ ...record(entry), secret: await secrets.get(formerName(about.id)) });
    const { rotatedAt } = record(entry);
    if (there.has(uid) || parseValue(value) === undefined) continue;
    const at = typeof rotatedAt === 'number' ? rotatedAt : about.createdAt;
    await secrets.store(valueName(uid, at), JSON.stringify(parseValue(value)));
    await secrets.store(aboutName(uid), JSON.stringify(aboutOf(about)));
  }
  // Only now, so that a window that ends in between takes over what is left.
  for (const entry of entries) {
    const { id } = record(entry);
    if (typeof id === 'string') await secrets.delete(formerName(id));
  }
  await secrets.delete(FORMER_LIST);
}
