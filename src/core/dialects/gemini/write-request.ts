import type { Call, ImageContent, TextContent, ToolCallContent, ToolResult } from '../../ir/call.ts';
import { argumentsOrUnparsed, conversation, isBlank, resultText, type CleanTurn } from '../conversation.ts';
import { bareModel, outputLimit, type Loss, type WireRequest, type WriteOptions } from '../wire-request.ts';

type Json = Record<string, unknown>;

/** Marks a `carry` as a thought signature of this dialect. */
export const CARRY_PREFIX = 'gemini:';

/**
 * Google's documented stand-in for a signature that does not exist: the history comes from another model, or the editor was
 * restarted. Gemini 3 answers 400 to a function call without any.
 */
const NO_SIGNATURE = 'skip_thought_signature_validator';

export function writeRequest(call: Call, options: WriteOptions): WireRequest {
  const { turns, losses } = conversation(call);
  const signed = needsSignatures(options.servedBy ?? call.model);
  const body: Json = { contents: turns.map((turn) => content(turn, signed, losses)) };
  if (call.system !== undefined && !isBlank(call.system)) body['systemInstruction'] = { parts: [{ text: call.system }] };
  if (call.tools.length > 0) {
    body['tools'] = [
      {
        functionDeclarations: call.tools.map((tool) => ({
          name: tool.name,
          description: tool.description,
          // The older `parameters` takes a small subset of JSON Schema and answers 400 to the rest.
          parametersJsonSchema: Object.keys(tool.parameters).length === 0 ? { type: 'object', properties: {} } : tool.parameters,
        })),
      },
    ];
    if (call.toolChoice === 'required') body['toolConfig'] = { functionCallingConfig: { mode: 'ANY' } };
  }
  const limit = outputLimit(call.maxOutputTokens, options);
  if (limit !== undefined) body['generationConfig'] = { maxOutputTokens: limit };
  // A model name may hold slashes (`provider/model`); Google's own client leaves them as they are.
  const model = call.model.split('/').map(encodeURIComponent).join('/');
  const method = options.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return { path: `/v1beta/models/${model}:${method}`, body: JSON.stringify(body), losses: [...losses] };
}

function content(turn: CleanTurn, signed: boolean, losses: Set<Loss>): Json {
  if (turn.role === 'assistant') return { role: 'model', parts: modelParts(turn.content, signed, losses) };
  // All responses first: Gemini counts them against the calls of the turn before.
  const parts = [
    ...turn.results.map(responsePart),
    ...turn.results.flatMap((result) => imageParts(result, losses)),
    ...turn.content.map(plainPart),
  ];
  return { role: 'user', parts };
}

function modelParts(parts: readonly (TextContent | ToolCallContent)[], signed: boolean, losses: Set<Loss>): Json[] {
  let first = true;
  return parts.map((part) => {
    if (part.kind === 'text') return { text: part.text };
    const written: Json = { functionCall: { name: part.name, args: argumentsOrUnparsed(part.arguments, losses) } };
    if (part.carry?.startsWith(CARRY_PREFIX) === true) written['thoughtSignature'] = part.carry.slice(CARRY_PREFIX.length);
    else {
      if (part.carry !== undefined) losses.add('dropped-carry');
      // Of parallel calls only the first bears a signature.
      if (signed && first) written['thoughtSignature'] = NO_SIGNATURE;
    }
    first = false;
    return written;
  });
}

function responsePart(result: ToolResult): Json {
  const said = resultText(result.content);
  return { functionResponse: { name: result.name, response: result.isError ? { error: said } : { output: said } } };
}

function imageParts(result: ToolResult, losses: Set<Loss>): Json[] {
  const images = result.content.filter((part) => part.kind === 'image');
  if (images.length === 0) return [];
  losses.add('moved-image');
  return [{ text: `From the result of ${result.name}:` }, ...images.map(plainPart)];
}

function plainPart(part: TextContent | ImageContent): Json {
  return part.kind === 'text' ? { text: part.text } : { inlineData: { mimeType: part.mediaType, data: part.base64 } };
}

/** Gemini 3 and later, and the `-latest` aliases, which are Gemini 3 by now; 1.x and 2.x take calls without signatures. */
function needsSignatures(model: string): boolean {
  const name = bareModel(model);
  return name.startsWith('gemini-') && !/^gemini-[12](?:\D|$)/.test(name);
}
