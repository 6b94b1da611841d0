/** What the model is told about where it works. Only the day, not the time: prompt caches begin with these words. */
export interface Surroundings {
  /** Absolute paths, as the tools take them. */
  readonly folders: readonly string[];
  /** `Linux`, `macOS`, `Windows`. */
  readonly system: string;
  /** The user's own day: `2026-11-30`. */
  readonly today: string;
}

/** Not translated: it is for the model, which is told to answer in the language of the question. */
export function systemPrompt({ folders, system, today }: Surroundings, hasTools: boolean): string {
  const where =
    folders.length === 0
      ? 'No folder is open.'
      : `Open folders: ${folders.map((folder) => `\`${folder}\``).join(', ')}. Name files by their path from there, as in \`src/app.ts:12\`.`;
  return [
    'You are a coding assistant in the chat panel of a code editor.',
    'Answer in Markdown, in the language of the question, and to the point. Put code into fenced blocks that name its language.',
    'What the user attached stands before the question.',
    ...(hasTools
      ? [
          'Use the tools to look before you answer and to do what was asked; call several at once where they do not need each other. ' +
            'The editor asks the user before a tool changes anything, so do not ask for permission yourself. When a call fails, read why and mend it; ' +
            'when it was declined, do not repeat it. Stop when the task is done, and say in a few words what was done.',
        ]
      : ['You have no tools: say what to do, and never claim to have done it.']),
    `${where} Operating system: ${system}. Today is ${today}.`,
  ].join('\n');
}
