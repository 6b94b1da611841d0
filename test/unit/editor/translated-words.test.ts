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
const KEY: KeyInfo = {
  id: 'openai/work',
  provider: 'openai',
  label: 'work',
  lastFour: '1234',
  origins: ['https://one.example'],
  createdAt: 0,
  rotateEveryDays: 90,
};

describe('editor: words in another language', () => {
  // Every text there is, in a language of which one sees where it begins and ends: whatever is left outside was not translated.
  before(() => l10n.config({ contents: Object.fromEntries(literals().texts.map((text) => [text, `«${text}»`])) }));
  after(() => l10n.config({ contents: {} }));

  const outside = (text: string): string => {
    let left = text;
    for (let before = ''; before !== left;) [before, left] = [left, left.replaceAll(/«[^«»]*»/g, '')];
    return left;
  };

  it('are whole sentences with names in them, and nothing of English beside them', () => {
    const places: readonly Surroundings[] = [
      { place: 'browser', linux: true, insecurePage: true },
      { place: 'remote', linux: true, insecurePage: false },
      { place: 'here', linux: true, insecurePage: false },
      { place: 'here', linux: false, insecurePage: false },
    ];
    const texts = [
      overdueText(KEY, NOW),
      movedText({ key: KEY, to: ['https://two.example'] }),
      ...places.flatMap((place) => [
        storeTrouble(false, place) ?? '',
        storeTrouble(true, place) ?? '',
        lostText([KEY], place),
        lostText([KEY, KEY], place),
      ]),
      whatGoesWords({ requests: 1, sums: 2, rowsFrom: NOW }),
      ...contentChoices().map(({ label }) => label),
      ...periodChoices(new Date(NOW)).map(({ label }) => label),
      entryWords({ kind: 'key-rotated', body: '{"key":"a/b","lastFour":"1234","overlapMinutes":20}' }),
      entryWords({ kind: 'budget-refused', body: '{"budget":"day","outcome":"refused","requests":2}' }),
      entryWords({ kind: 'config-changed', body: '{"providers":[{"name":"a","change":"added","fields":[]}],"budgets":[]}' }),
    ];
    for (const text of texts) assert.match(outside(text), /^\s*$/, text);
  });

  it('stand apart in lists and tables', () => {
    const wish = {
      kind: 'codex',
      provider: 'a',
      routes: [{ to: 'b', when: {} }],
      allow: ['c'],
      limits: { queue: 1 },
      environment: 'd',
    };
    const [line = ''] = wishesOf({ codex: wish }, { codex: { kind: 'cline' } });
    assert.match(outside(line), /^codex: [\s,]*$/);
    const entry = {
      seq: 9,
      id: '',
      at: NOW,
      actor: 'user',
      kind: 'key-disabled',
      body: '{"key":"a"}',
      key: '',
      prev: '',
      hash: '',
    };
    assert.match(outside(auditDocument([entry], NOW)), /^# \s*\|[\s|:-]*9 \|[\s|\d:-]*$/);
    assert.match(outside(pricesDocument({ sources: [], faults: [] }, [])), /^#\s*$/);
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
