import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ReadCall } from '../../src/core/dialects/codec.ts';
import type { JsonRecord } from '../../src/core/dialects/read-json.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { GatewayError } from '../../src/core/ir/error.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';

/** What an agent sends; `model` and `stream` stand here where its dialect puts them into the path. */
export interface AgentRequest {
  readonly name: string;
  readonly dialect: DialectId;
  readonly model?: string;
  readonly stream?: boolean;
  readonly body: JsonRecord;
}

const FOLDER = path.join(import.meta.dirname, 'agent-requests');
export const AGENT_REQUESTS: readonly AgentRequest[] = readdirSync(FOLDER).map((file) => ({
  ...(JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Omit<AgentRequest, 'name'>),
  name: path.basename(file, '.json'),
}));

export function isStreamed({ stream, body }: AgentRequest): boolean {
  return stream ?? body['stream'] === true;
}

/** `body`: another one than the request's own, with all else as it is. */
export function readRequest(request: AgentRequest, body: JsonRecord = request.body): ReadCall | GatewayError {
  const named = request.body['model'];
  return CODECS[request.dialect].readCall(body, {
    model: request.model ?? (typeof named === 'string' ? named : ''),
    stream: isStreamed(request),
  });
}
