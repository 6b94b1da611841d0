import type { Piece } from '../config-files/set-entries.ts';
import type { PutIn } from '../config-files/take-back.ts';

/** What was done to set a program up, as it is kept in a store of secrets: it holds the token, and what others keep in the same files. */
export interface SetUp {
  readonly program: string;
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Where the gateway that it points at belongs; undefined: a window without a folder. */
  readonly workspace: string | undefined;
  readonly workspaceName: string;
  readonly url: string;
  readonly token: string;
  readonly model: string;
  readonly files: readonly KeptFile[];
}

/** Texts are latin1: one character a byte. */
export interface KeptFile extends PutIn {
  /** What the name led to, where it was a link. */
  readonly file: string;
  /** false: it was made. */
  readonly existed: boolean;
  /** Folders that were made for it, the outermost first. */
  readonly folders: readonly string[];
  /** The whole of it as it was, unless it is too large to be kept. */
  readonly before?: string;
}

/** Some stores of secrets are a few megabytes in all. */
export const MOST_KEPT = 64 * 1024;

/** Undefined for what another version or a damaged store left there. */
export function setUpIn(text: string | undefined): SetUp | undefined {
  try {
    const found = JSON.parse(text ?? '') as Partial<SetUp>;
    const texts = [found.program, found.agent, found.workspaceName, found.url, found.token, found.model];
    const isWhole =
      texts.every((part) => typeof part === 'string') && typeof found.at === 'number' && (found.files ?? []).every(isKeptFile);
    return isWhole && Array.isArray(found.files) ? (found as SetUp) : undefined;
  } catch {
    return undefined;
  }
}

function isKeptFile(file: Partial<KeptFile>): boolean {
  const lists: readonly (readonly unknown[] | undefined)[] = [file.pieces, file.ours, file.made, file.folders];
  return (
    typeof file.file === 'string' &&
    typeof file.sumAfter === 'string' &&
    typeof file.existed === 'boolean' &&
    lists.every((list) => Array.isArray(list)) &&
    (file.pieces ?? []).every((piece: Partial<Piece>) => typeof piece.text === 'string' && typeof piece.former === 'string')
  );
}
