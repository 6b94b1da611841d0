import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { literals } from '../../support/translations/literals.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LANGUAGES = ['de', 'es', 'fr', 'ja', 'zh-cn'];

/** What a translation must keep as it is: places, command links, code, line breaks. */
const KEPT = /\{\d+\}|\(command:[^)]*\)|\(https?:[^)]*\)|`[^`]*`|\$\([a-z-]+\)|\n/g;

describe('translations', () => {
  const { texts, unreadable } = literals();
  const manifest = read('package.nls.json');

  it('can be read off: every call has one plain literal', () => {
    assert.deepEqual(unreadable, []);
    assert.ok(texts.length > 100);
  });

  for (const language of LANGUAGES) {
    describe(language, () => {
      it('has every text of the shell and the panel, and no other', () => {
        assert.deepEqual(Object.keys(read(`media/l10n/bundle.l10n.${language}.json`)).sort(), texts);
      });

      it('has every text of the manifest, and no other', () => {
        assert.deepEqual(Object.keys(read(`package.nls.${language}.json`)).sort(), Object.keys(manifest).sort());
      });

      it('names commands by the titles they have in it', () => {
        const words = read(`package.nls.${language}.json`);
        const titles = Object.entries(manifest).filter(([key]) => key.startsWith('commands.'));
        const wrong = Object.entries(read(`media/l10n/bundle.l10n.${language}.json`)).filter(([from, to]) =>
          titles.some(([key, title]) => from.includes(`"Gatehouse: ${title}"`) && !to.includes(`Gatehouse: ${words[key]}`)),
        );
        assert.deepEqual(wrong, []);
      });

      it('keeps places, links and code, and leaves no text empty', () => {
        const bundle = Object.entries(read(`media/l10n/bundle.l10n.${language}.json`));
        const pairs = [
          ...bundle,
          ...Object.entries(read(`package.nls.${language}.json`)).map(([key, text]) => [manifest[key] ?? '', text] as const),
        ];
        const wrong = pairs.filter(([from, to]) => to.trim() === '' || kept(from) !== kept(to));
        assert.deepEqual(wrong, []);
      });
    });
  }

  it('are there for these languages and no others', () => {
    const found = globSync('package.nls.*.json', { cwd: ROOT }).map((file) => file.split('.').at(-2) ?? '');
    assert.deepEqual(found.sort(), LANGUAGES);
  });
});

function kept(text: string): string {
  return [...text.matchAll(KEPT)]
    .map(([found]) => found)
    .sort()
    .join(' ');
}

function read(file: string): Record<string, string> {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as Record<string, string>;
}
