import assert from 'node:assert/strict';
import * as l10n from '@vscode/l10n';
import { auditDocument } from '../../../src/vscode/audit/audit-document.ts';
import { entryWords } from '../../../src/vscode/audit/words.ts';
import { dateLocale } from '../../../src/vscode/date-locale.ts';
import { contentChoices, periodChoices } from '../../../src/vscode/export/choices.ts';
import { lostText, movedText, overdueText, storeTrouble, type Surroundings } from '../../../src/vscode/keys/key-worries.ts';
import type { KeyInfo } from '../../../src/vscode/keys/key-info.ts';
import { pricesDocument } from '../../../src/vscode/prices/prices-document.ts';
import { whatGoesWords } from '../../../src/vscode/retention-words.ts';
import { wishesOf } from '../../../src/vscode/workspace-wishes.ts';
import { literals } from '../../support/translations/literals.ts';

const NOW = Date.UTC(2026, 10, 30);
/** No name has a letter in it. */
const KEY: KeyInfo = {
  id: '1/2',
  provider: '1',
  label: '2',
  lastFour: '1234',
  origins: ['//3'],
  createdAt: 0,
  rotateEveryDays: 90,
};

describe('editor: words in another language', () => {
  // Every text there is, in a language without Latin letters: where one is seen, something was not translated.
  before(() => l10n.config({ contents: Object.fromEntries(literals().texts.map((text) => [text, foreign(text)])) }));
  after(() => l10n.config({ contents: {} }));

  it('are whole sentences, and nothing of English in them or beside them', () => {
    const places: readonly Surroundings[] = [
      { place: 'browser', linux: true, insecurePage: true },
      { place: 'remote', linux: true, insecurePage: false },
      { place: 'here', linux: true, insecurePage: false },
      { place: 'here', linux: false, insecurePage: false },
    ];
    const texts = [
      overdueText(KEY, NOW),
      movedText({ key: KEY, to: ['//4'] }),
      ...places.flatMap((place) => [
        storeTrouble(false, place) ?? '',
        storeTrouble(true, place) ?? '',
        lostText([KEY], place),
        lostText([KEY, KEY], place),
      ]),
      whatGoesWords({ requests: 1, sums: 2, rowsFrom: NOW }),
      ...contentChoices().flatMap(({ label, description = '' }) => [label, description]),
      ...periodChoices(new Date(NOW)).map(({ label }) => label),
      entryWords({ kind: 'key-rotated', body: '{"key":"1/2","lastFour":"1234","overlapMinutes":20}' }),
      entryWords({ kind: 'budget-refused', body: '{"budget":"1","outcome":"refused","requests":2}' }),
      entryWords({ kind: 'config-changed', body: '{"providers":[{"name":"1","change":"added","fields":[]}],"budgets":[]}' }),
    ];
    for (const text of texts) assert.doesNotMatch(text, /[a-z]/i);
  });

  it('stand in lists and tables', () => {
    const wish = { kind: '1', provider: '2', routes: [{ to: '3', when: {} }, { to: '4' }], allow: ['5'], environment: '6' };
    for (const own of [{}, { kind: 'codex' as const, provider: '9', allow: ['8'] }])
      assert.doesNotMatch((wishesOf({ 7: wish }, { 7: own })[0] ?? '').replace('codex', ''), /[a-z]/i);
    const entry = {
      seq: 9,
      id: '',
      at: NOW,
      actor: 'user',
      kind: 'key-disabled',
      body: '{"key":"1"}',
      key: '',
      prev: '',
      hash: '',
    };
    assert.doesNotMatch(auditDocument([entry], NOW), /[a-z]/i);
    assert.doesNotMatch(pricesDocument({ sources: [], faults: [] }, []), /[a-z]/i);
  });

  it('give back their English when there is no translation', () => {
    l10n.config({ contents: {} });
    assert.equal(contentChoices()[0]?.label, 'Requests');
  });
});

describe('editor: the way of dates', () => {
  it('is that of this machine where it speaks the language of the editor', () => {
    assert.equal(dateLocale('en', 'en-GB'), 'en-GB');
    assert.equal(dateLocale('de', 'de-CH'), 'de-CH');
    assert.equal(dateLocale('ja', 'en-US'), 'ja');
    assert.equal(dateLocale('zh-cn', 'en-US'), 'zh-cn');
  });
});

function foreign(text: string): string {
  return text.replaceAll(/[a-z]/gi, 'ж');
}
