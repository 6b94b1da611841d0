import assert from 'node:assert/strict';

/** Every form in which a secret could be found in a pile of bytes. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    ...new Set([
      secret,
      json,
      json.replaceAll('/', '\\/'),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret, 'utf16le').toString('latin1'),
    ]),
  ];
}

export function assertAbsent(secrets: readonly string[], where: string, pile: string): void {
  for (const secret of secrets) {
    for (const form of formsOf(secret)) assert.ok(!pile.includes(form), `${where} holds a secret`);
  }
}
