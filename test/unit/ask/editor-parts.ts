import type { PartClasses } from '../../../src/vscode/model-provider/messages.ts';

// The editor's classes, as far as their fields go.
export class Text {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}
export class Thinking extends Text {}
export class PromptTsx {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
export class Data {
  readonly data: Uint8Array;
  readonly mimeType: string;
  constructor(data: Uint8Array, mimeType: string) {
    this.data = data;
    this.mimeType = mimeType;
  }
}
export class ToolCall {
  readonly callId: string;
  readonly name: string;
  readonly input: object;
  constructor(callId: string, name: string, input: object) {
    this.callId = callId;
    this.name = name;
    this.input = input;
  }
}
export class ToolResult {
  readonly callId: string;
  readonly content: unknown[];
  constructor(callId: string, content: unknown[]) {
    this.callId = callId;
    this.content = content;
  }
}
export const CLASSES: PartClasses = { Text, ToolCall, ToolResult, Data, PromptTsx, Thinking };
