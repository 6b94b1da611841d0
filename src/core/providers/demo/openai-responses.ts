import { allInput, type Answer, DEFAULT_PIECES, type Frame, type FrameData, splitText, stopOf } from './answer.ts';

/**
 * The event sequence of `POST /v1/responses` with `stream: true`. `echo` is what the provider repeats of the request
 * in every lifecycle event (`instructions`, `tools`, `store`, ...); it wins over the defaults.
 */
export function responsesFrames(answer: Answer, echo: FrameData = {}): readonly Frame[] {
  const frames: Frame[] = [];
  const send = (type: string, data: FrameData): void =>
    void frames.push({ event: type, data: { type, sequence_number: frames.length, ...data } });

  const opening = { ...shell(answer, echo), status: 'in_progress', output: [], usage: null };
  send('response.created', { response: opening });
  send('response.in_progress', { response: opening });
  itemsOf(answer).forEach((item, output_index) => {
    send('response.output_item.added', { output_index, item: item.opening });
    for (const { type, data } of item.between(answer.pieces ?? DEFAULT_PIECES))
      send(type, { item_id: item.whole['id'], output_index, ...data });
    send('response.output_item.done', { output_index, item: item.whole });
  });
  const whole = responsesWhole(answer, echo);
  send(whole['status'] === 'completed' ? 'response.completed' : 'response.incomplete', { response: whole });
  return frames;
}

export function responsesWhole(answer: Answer, echo: FrameData = {}): FrameData {
  const reason = incompleteReason(answer);
  return {
    ...shell(answer, echo),
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    output: itemsOf(answer).map((item) => item.whole),
    usage: usageOf(answer),
  };
}

interface Written {
  readonly opening: FrameData;
  readonly whole: FrameData;
  readonly between: (pieces: number) => readonly { readonly type: string; readonly data: FrameData }[];
}

function itemsOf(answer: Answer): readonly Written[] {
  const items: Written[] = [];
  if (answer.thinking !== undefined) items.push(reasoningItem(answer.id, answer.thinking.text, answer.thinking.token));
  if (answer.text !== '') items.push(messageItem(answer));
  (answer.toolCalls ?? []).forEach((call, at) => {
    const namespace = call.namespace === undefined ? {} : { namespace: call.namespace };
    const common = { call_id: call.id, name: call.name, ...namespace };
    const [prefix, type, field] = call.custom
      ? (['ctc', 'custom_tool_call', 'input'] as const)
      : (['fc', 'function_call', 'arguments'] as const);
    const event = call.custom ? 'response.custom_tool_call_input' : 'response.function_call_arguments';
    const base = { id: `${prefix}_${answer.id}${at}`, type };
    items.push({
      opening: { ...base, status: 'in_progress', [field]: '', ...common },
      whole: { ...base, status: 'completed', [field]: call.arguments, ...common },
      between: () => [
        ...splitText(call.arguments, 3).map((delta) => ({ type: `${event}.delta`, data: { delta } })),
        { type: `${event}.done`, data: { [field]: call.arguments } },
      ],
    });
  });
  return items;
}

function reasoningItem(id: string, text: string, token: string | undefined): Written {
  const base = { id: `rs_${id}`, type: 'reasoning', ...(token === undefined ? {} : { encrypted_content: token }) };
  const part = (value: string): FrameData => ({ type: 'summary_text', text: value });
  return {
    opening: { ...base, summary: [] },
    whole: { ...base, summary: text === '' ? [] : [part(text)] },
    between: (pieces) =>
      text === ''
        ? []
        : [
            { type: 'response.reasoning_summary_part.added', data: { summary_index: 0, part: part('') } },
            ...splitText(text, pieces).map((delta) => ({
              type: 'response.reasoning_summary_text.delta',
              data: { summary_index: 0, delta },
            })),
            { type: 'response.reasoning_summary_text.done', data: { summary_index: 0, text } },
            { type: 'response.reasoning_summary_part.done', data: { summary_index: 0, part: part(text) } },
          ],
  };
}

function messageItem(answer: Answer): Written {
  const base = { id: `msg_${answer.id}`, type: 'message', role: 'assistant' };
  const part = (text: string): FrameData => ({ type: 'output_text', annotations: [], logprobs: [], text });
  const status = incompleteReason(answer) === undefined ? 'completed' : 'incomplete';
  return {
    opening: { ...base, status: 'in_progress', content: [] },
    whole: { ...base, status, content: [part(answer.text)] },
    between: (pieces) => [
      { type: 'response.content_part.added', data: { content_index: 0, part: part('') } },
      ...splitText(answer.text, pieces).map((delta) => ({
        type: 'response.output_text.delta',
        data: { content_index: 0, delta, logprobs: [] },
      })),
      { type: 'response.output_text.done', data: { content_index: 0, text: answer.text, logprobs: [] } },
      { type: 'response.content_part.done', data: { content_index: 0, part: part(answer.text) } },
    ],
  };
}

function incompleteReason(answer: Answer): string | undefined {
  const stop = stopOf(answer);
  switch (stop) {
    case 'max-tokens':
    case 'context-window':
      return 'max_output_tokens';
    case 'refusal':
      return 'content_filter';
    case 'end':
    case 'tool-use':
    case 'stop-sequence':
    case 'pause':
    case 'unknown':
      return undefined;
    default:
      return stop satisfies never;
  }
}

function shell(answer: Answer, echo: FrameData): FrameData {
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: answer.created,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: answer.model,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: true,
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    user: null,
    metadata: {},
    ...echo,
  };
}

function usageOf({ usage }: Answer): FrameData {
  return {
    input_tokens: allInput(usage),
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoningWithinOutput },
    total_tokens: allInput(usage) + usage.output,
  };
}
