import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { BODY_FAULTS } from '../../support/faults/body-faults.ts';
import { EVENTS } from '../../support/faults/fault.ts';
import { eventsOf, type Played, playEverywhere } from './faults-played.ts';

/** What ends a stream. */
const END: Readonly<Record<Played['dialect'], RegExp>> = {
  'openai-chat': /"finish_reason":"stop"/,
  'openai-responses': /event: response\.completed/,
  'anthropic-messages': /event: message_stop/,
  gemini: /"finishReason":"STOP"/,
};

const ERROR_EVENT: Readonly<Record<Played['dialect'], RegExp>> = {
  'openai-chat': /^data: \{"error":\{/,
  // It is followed by `response.failed` where the response was created.
  'openai-responses': /^event: (?:error|response\.failed)\n/,
  'anthropic-messages': /^event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error"/,
  gemini: /^data: \{"error":\{"code":503/,
};

const usagesIn = (text: string): readonly string[] => text.match(/"usage(?:Metadata)?":\{[^}]*\}/g) ?? [];

const errorAfter =
  (events: (played: Played) => number) =>
  (played: Played): void => {
    const { text, dialect, heard } = played;
    const before = played.beginning(events(played), 0);
    const [first = '', ...more] = eventsOf(text.slice(before.length));
    assert.deepEqual([heard.status, heard.end, text.slice(0, before.length)], [200, 'clean', before]);
    for (const event of [first, ...more]) assert.match(event, ERROR_EVENT[dialect]);
    assert.ok(more.length <= 1);
  };

const usage =
  (wanted: RegExp | undefined, readable = true) =>
  ({ text, heard, stream }: Played): void => {
    assert.deepEqual([heard.status, heard.end], [200, 'clean']);
    const found = usagesIn(text);
    if (wanted === undefined) assert.deepEqual(found, []);
    else assert.ok(found.length > 0 && found.every((each) => wanted.test(each)), found.join());
    const bodies = stream ? [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => data) : [text];
    for (const body of bodies.filter((each) => each.includes('"usage'))) {
      if (readable || /"usage":null/.test(body)) JSON.parse(body);
      else assert.throws(() => JSON.parse(body), SyntaxError);
    }
  };

const SHAPES: Readonly<Record<string, (played: Played) => void>> = {
  'html-with-200': ({ heard, text }) => {
    assert.deepEqual([heard.status, heard.end, heard.headers['content-type']], [200, 'clean', 'text/html; charset=utf-8']);
    assert.match(text, /^<!doctype html>/);
  },
  'html-with-502': ({ heard, text }) => {
    assert.deepEqual([heard.status, heard.headers['content-type']], [502, 'text/html']);
    assert.match(text, /^<!doctype html>/);
  },
  'json-error-with-200': ({ heard, text }) => {
    assert.deepEqual([heard.status, heard.headers['content-type']], [200, 'application/json']);
    assert.equal(JSON.parse(text).error.message, 'upstream failed');
  },
  'empty-body': ({ heard, stream }) => {
    assert.deepEqual([heard.status, heard.end, heard.body.length], [200, 'clean', 0]);
    assert.equal(heard.headers['content-type'], stream ? 'text/event-stream' : 'application/json');
  },
  'wrong-content-type': ({ heard, text, plain }) => {
    assert.deepEqual([heard.headers['content-type'], text], ['text/plain; charset=utf-8', plain]);
  },
  'gzip-unasked': ({ heard, plain }) => {
    assert.deepEqual([heard.headers['content-encoding'], heard.end], ['gzip', 'clean']);
    const size = gunzipSync(heard.body).length;
    assert.equal(size, Buffer.byteLength(plain));
  },
  'huge-event': ({ text, heard }) => {
    assert.equal(heard.end, 'clean');
    assert.ok(text.split('\n').some((line) => line.length > 5_000_000));
  },
  'crlf-line-ends': ({ text, plain }) => {
    assert.doesNotMatch(text, /[^\r]\n/);
    assert.equal(text.replaceAll('\r\n', '\n'), plain.replaceAll('\r\n', '\n'));
  },
  'lf-line-ends': ({ text, plain }) => {
    assert.doesNotMatch(text, /\r/);
    assert.equal(text, plain.replaceAll('\r\n', '\n'));
  },
  'duplicate-opening': ({ text, plain }) => assert.equal(text, `${eventsOf(plain)[0]}${plain}`),
  'duplicate-end': ({ text, plain }) => assert.equal(text, `${plain}${eventsOf(plain).at(-1)}`),
  'missing-end': (played) => {
    const { text, heard, dialect, plain } = played;
    assert.deepEqual([heard.end, text], ['clean', played.beginning(EVENTS[dialect].text, 0)]);
    assert.match(plain, END[dialect]);
    assert.doesNotMatch(text, END[dialect]);
  },
  'missing-done-mark': ({ text, heard, plain }) => {
    assert.equal(heard.end, 'clean');
    assert.equal(`${text}data: [DONE]\n\n`, plain);
  },
  'error-event-first': errorAfter(() => 0),
  'error-event-after-opening': errorAfter(({ dialect }) => EVENTS[dialect].opening),
  'error-event-after-message-start': errorAfter(({ dialect }) => EVENTS[dialect].opening),
  'error-event-after-output': errorAfter(({ dialect }) => EVENTS[dialect].output),
  'usage-absent': usage(undefined),
  'usage-negative': usage(/:-7\b.*:-1\b/),
  'usage-no-number': usage(/:null.*:"NaN"/),
  'usage-fractional': usage(/:12\.5\b.*:1e\+300\b/),
  'usage-nan': usage(/:NaN\b/, false),
};

describe('body faults', () => {
  for (const fault of BODY_FAULTS) {
    it(fault.name, async () => {
      const shape = SHAPES[fault.name];
      assert.ok(shape, 'the fault is not described');
      let played = 0;
      await playEverywhere(fault, (each) => {
        played += 1;
        shape(each);
        if (each.stream && fault.name !== 'huge-event' && fault.name !== 'gzip-unasked')
          assert.equal(each.text.includes('This is'), fault.right !== 'error', 'what is right follows from what was to be seen');
      });
      assert.ok(played > 0);
    });
  }
});
