import assert from 'node:assert/strict';
import { asRecord, listAt, recordAt } from '../../src/core/dialects/read-json.ts';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { meaningOf, stopIn, usageIn, type Meaning } from '../matrix/meaning.ts';
import { decodeStream, encodeStream, encodeWhole, endsWell } from '../matrix/translate.ts';
import { corpusStreams, corpusWholes, framed, ownStreams } from './recorded-streams.ts';

/** What must not change on the way to an agent of another dialect, and back out of what it gets. */
function checkTranslations(label: string, parts: readonly Part[]): void {
  const meant = meaningOf(parts);
  for (const target of DIALECT_IDS) {
    const where = `${label} for ${target}`;
    const { text, cut } = encodeStream(target, parts);
    if (!endsWell(parts)) {
      const again = meaningOf(decodeStream(target, text));
      assert.notEqual(cut || again.error, undefined, `${where}: a failure stays a failure`);
      continue;
    }
    const streamed = meaningOf(decodeStream(target, text));
    const whole = meaningOf(CODECS[target].decodeWhole(encodeWhole(target, parts), {}));
    for (const [form, again] of [
      ['streamed', streamed],
      ['whole', whole],
    ] as const) {
      assert.equal(again.error, undefined, `${where}, ${form}`);
      assert.equal(again.text, meant.text, `${where}, ${form}: text`);
      assert.deepEqual(again.calls, meant.calls, `${where}, ${form}: calls`);
      assert.equal(again.reasoning, meant.reasoning, `${where}, ${form}: reasoning`);
      assert.equal(again.stop, stopIn(target, meant.stop ?? 'end'), `${where}, ${form}: stop reason`);
      // Chat gathers text, reasoning and calls by kind where an answer comes whole.
      if (target !== 'openai-chat' || form === 'streamed') assert.deepEqual(again.order, meant.order, `${where}, ${form}: order`);
      assert.deepEqual(usageIn(target, again.usage), usageIn(target, meant.usage), `${where}, ${form}: usage`);
    }
  }
}

describe('recorded answers in every other dialect', () => {
  it('own streams keep their meaning', () => {
    for (const stream of ownStreams())
      checkTranslations(`${stream.dialect}/${stream.name}`, decodeStream(stream.dialect, framed(stream)));
  });

  it('streams of the corpus keep their meaning', function () {
    const streams = corpusStreams();
    if (streams === undefined) return this.skip();
    this.timeout(60_000);
    for (const stream of streams)
      checkTranslations(`${stream.dialect}/${stream.name}`, decodeStream(stream.dialect, framed(stream)));
  });

  it('whole answers of the corpus keep their meaning', function () {
    const wholes = corpusWholes();
    if (wholes === undefined) return this.skip();
    this.timeout(60_000);
    for (const { dialect, name, body } of wholes) {
      const answer = asRecord(JSON.parse(body.toString()));
      assert.ok(answer);
      const parts = CODECS[dialect].decodeWhole(answer, {});
      if (name.includes('error')) assert.equal(parts.at(-1)?.type, 'response-error', name);
      checkTranslations(`${dialect}/${name}`, parts);
    }
  });

  it('the last event of a Responses stream says once more what the stream said', function () {
    const streams = corpusStreams();
    if (streams === undefined) return this.skip();
    let compared = 0;
    for (const stream of streams.filter(({ dialect }) => dialect === 'openai-responses')) {
      const answer = recordAt(asRecord(JSON.parse(stream.payloads.at(-1) ?? '')), 'response');
      // One recording holds two answers, one after the other.
      const ends = stream.payloads.filter((payload) => payload.startsWith('{"type":"response.completed"')).length;
      if (answer === undefined || ends !== 1 || listAt(answer, 'output').length === 0) continue;
      const whole = meaningOf(CODECS[stream.dialect].decodeWhole(answer, {}));
      const streamed = meaningOf(decodeStream(stream.dialect, framed(stream)));
      // One recording has another call id in its last event than in those before.
      const bare = (meaning: Meaning) => ({ ...meaning, calls: meaning.calls.map(({ callId: _, ...call }) => call) });
      assert.deepEqual(bare(whole), bare(streamed), stream.name);
      compared++;
    }
    assert.ok(compared > 5);
  });
});
