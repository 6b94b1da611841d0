import type { AssistantContent, Media, RemoteContent, TextContent, ToolResult } from '../../ir/call.ts';
import type { Loss } from '../../ir/loss.ts';
import { argumentsOrUnparsed, resultText, type CleanTurn } from '../conversation.ts';
import { bareModel } from '../model-traits.ts';

type Json = Record<string, unknown>;

/**
 * Google's documented stand-in for a signature that does not exist: the history comes from another model, or the editor was
 * restarted. Gemini 3 answers 400 to a function call without any.
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** The image types that Gemini documents. GIF is not one of them, and is answered with 400. */
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']);

export interface Content {
  readonly role: 'user' | 'model';
  readonly parts: readonly Json[];
}

export function writeContent(turn: CleanTurn, model: string, losses: Set<Loss>): Content {
  if (turn.role === 'assistant') return { role: 'model', parts: modelParts(turn.content, needsSignatures(model), losses) };
  // `systemTurns: 'as-user'` leaves none of these.
  if (turn.role === 'system') return { role: 'user', parts: turn.content.map(({ text }) => ({ text })) };
  // All responses first: Gemini counts them against the calls of the turn before.
  const parts = [
    ...turn.results.map(responsePart),
    ...turn.results.flatMap((result) => mediaOfResult(result, model, losses)),
    ...turn.content.flatMap((part) => plainParts(part, model, losses)),
  ];
  return { role: 'user', parts };
}

function modelParts(parts: readonly AssistantContent[], signed: boolean, losses: Set<Loss>): Json[] {
  let first = true;
  return parts.map((part) => {
    const signature = part.carry === undefined ? {} : { thoughtSignature: part.carry.token };
    switch (part.kind) {
      case 'text':
        return { text: part.text, ...signature };
      case 'reasoning':
        return { text: part.text, thought: true, ...signature };
      case 'tool-call': {
        const functionCall = { name: part.name, args: argumentsOrUnparsed(part.arguments, losses) };
        // Of parallel calls only the first bears a signature.
        const standIn = signed && first && part.carry === undefined ? { thoughtSignature: NO_SIGNATURE } : {};
        first = false;
        return { functionCall, ...signature, ...standIn };
      }
      default:
        part satisfies never;
        return {};
    }
  });
}

/** Without ids: Gemini pairs by name and order, and Vertex knows no field `id`. */
function responsePart(result: ToolResult): Json {
  // An empty output would look like a tool that did nothing.
  const said = resultText(result.content) || (result.content.length > 0 ? '(What the tool returned follows.)' : '');
  return { functionResponse: { name: result.name, response: result.isError ? { error: said } : { output: said } } };
}

function mediaOfResult(result: ToolResult, model: string, losses: Set<Loss>): Json[] {
  const media = result.content.filter((part) => part.kind !== 'text');
  if (media.length === 0) return [];
  losses.add('moved-media');
  return [{ text: `From the result of ${result.name}:` }, ...media.flatMap((part) => plainParts(part, model, losses))];
}

function plainParts(part: TextContent | Media, model: string, losses: Set<Loss>): Json[] {
  switch (part.kind) {
    case 'text':
      return [{ text: part.text }];
    case 'image':
      if (!IMAGES.has(part.mediaType)) return [left(`An image of the type ${part.mediaType}`, losses)];
      return [inline(part.mediaType, part.base64)];
    case 'document': {
      const data = inline(part.mediaType, part.base64);
      return part.name === undefined ? [data] : [{ text: `(The file ${part.name}:)` }, data];
    }
    case 'audio':
      return [inline(part.mediaType, part.base64)];
    case 'remote':
      return [remote(part, model, losses)];
    default:
      part satisfies never;
      return [];
  }
}

function inline(mimeType: string, data: string): Json {
  return { inlineData: { mimeType, data } };
}

/** Google fetches public https addresses, with models since 2.5. */
function remote(part: RemoteContent, model: string, losses: Set<Loss>): Json {
  const what = part.what === 'image' ? 'An image' : 'A document';
  if (!part.url.startsWith('https://') || /^gemini-(?:1|2\.0|2-)/.test(bareModel(model))) {
    return left(`${what} at ${part.url}`, losses);
  }
  const mimeType = part.what === 'document' ? 'application/pdf' : imageType(part.url);
  if (mimeType !== undefined && part.what === 'image' && !IMAGES.has(mimeType)) return left(`${what} at ${part.url}`, losses);
  return { fileData: { fileUri: part.url, ...(mimeType === undefined ? {} : { mimeType }) } };
}

function imageType(url: string): string | undefined {
  const ending = /\.([a-z]+)$/i.exec(URL.parse(url)?.pathname ?? '')?.[1]?.toLowerCase();
  if (ending === 'jpg') return 'image/jpeg';
  return ending !== undefined && ['png', 'jpeg', 'webp', 'heic', 'heif', 'gif', 'svg', 'bmp'].includes(ending)
    ? `image/${ending}`
    : undefined;
}

function left(what: string, losses: Set<Loss>): Json {
  losses.add('dropped-media');
  return { text: `(${what} was left out: the model cannot take it.)` };
}

/** Gemini 3 and later, and the `-latest` aliases, which are Gemini 3 by now; 1.x and 2.x take calls without signatures. */
function needsSignatures(model: string): boolean {
  const name = bareModel(model);
  return name.startsWith('gemini-') && !/^gemini-[12](?:\D|$)/.test(name);
}
