/** What was taken out of a file, as it is kept in a store of secrets. Texts are latin1: one character a byte. */
export interface Removal {
  readonly file: string;
  /** Name of the entry. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** SHA-256 of the file without it. */
  readonly sumAfter: string;
  readonly pieces: readonly Piece[];
}

export interface Piece {
  /** Where it stood, counted in the file without any of them. */
  readonly at: number;
  readonly text: string;
  /** What stood before and behind it, so that the place is found again where others have edited the file. */
  readonly left: string;
  readonly right: string;
}

/** Undefined for what another version or a damaged store left there. */
export function removalIn(text: string | undefined): Removal | undefined {
  try {
    const { file, name, at, sumAfter, pieces } = JSON.parse(text ?? '') as Partial<Removal>;
    const isWhole =
      [file, name, sumAfter].every((part) => typeof part === 'string') && typeof at === 'number' && Array.isArray(pieces);
    return isWhole ? (JSON.parse(text ?? '') as Removal) : undefined;
  } catch {
    return undefined;
  }
}
