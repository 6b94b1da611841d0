import assert from 'node:assert/strict';
import { asRecord } from '../../src/core/dialects/read-json.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { isGatewayError } from '../../src/core/ir/error.ts';
import { AGENT_REQUESTS, isStreamed, readRequest } from './agent-requests.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { Golden, laidOut } from './golden.ts';
import { providerFault } from './provider-fault.ts';

/** The first answers in the golden files; the others only have to be told something that they take. */
const MODELS: Readonly<Record<DialectId, readonly [string, ...string[]]>> = {
  'openai-chat': ['gpt-5.6', 'gpt-4.1', 'o3', 'deepseek-v4', 'mistral-large-latest'],
  'openai-responses': ['gpt-5.5', 'gpt-4.1', 'o3'],
  'anthropic-messages': ['claude-opus-5-5', 'claude-sonnet-4-5', 'claude-3-5-haiku-20241022', 'kimi-k2'],
  gemini: ['gemini-3.1-pro-preview', 'gemini-2.5-flash', 'gemini-2.0-flash'],
};

/** Ours to keep from anybody but its issuer: every opaque value in the requests decodes to one of these words. */
const OPAQUE = /bmF0aXZl|c2lnb|c2VhbGVk|cmVkYWN0ZWQ/;

const golden = new Golden('requests');

describe('requests of agents, as other providers get them', () => {
  after('nothing is left over', () => golden.checkNothingLeftOver());

  for (const request of AGENT_REQUESTS) {
    const { name, dialect, body } = request;
    const before = JSON.stringify(body);
    const answer = readRequest(request);
    if (isGatewayError(answer)) {
      it(`${name} is refused`, () => {
        assert.equal(answer.code, 'bad-request');
        golden.check(`${name}--refused.json`, `${laidOut({ code: answer.code, message: answer.message })}\n`);
      });
      continue;
    }
    for (const target of DIALECT_IDS.filter((each) => each !== dialect)) {
      const write = (model: string) => CODECS[target].writeRequest({ ...answer.call, model }, { stream: isStreamed(request) });

      it(`${name} for ${target}`, () => {
        const [model] = MODELS[target];
        const { path: address, body: text, losses, toolNames } = write(model);
        const written = asRecord(JSON.parse(text)) ?? {};
        golden.check(
          `${name}--${target}.json`,
          `${laidOut({
            path: address,
            lostInReading: [...answer.losses].sort(),
            lostInWriting: [...losses].sort(),
            ...(toolNames.size > 0 ? { toolNames: Object.fromEntries(toolNames) } : {}),
            body: written,
          })}\n`,
        );
        assert.equal(providerFault(target, written, model), undefined);
      });
      it(`${name} for other models of ${target}`, () => {
        for (const model of MODELS[target]) {
          const { body: text, losses } = write(model);
          assert.equal(providerFault(target, asRecord(JSON.parse(text)) ?? {}, model), undefined, model);
          assert.doesNotMatch(text, OPAQUE, `${model} gets opaque state of another`);
          assert.equal(new Set(losses).size, losses.length, 'each loss once');
          assert.equal(write(model).body, text, 'pure');
        }
      });
    }
    it(`${name} stays as it is`, () => assert.equal(JSON.stringify(body), before));
  }
});
