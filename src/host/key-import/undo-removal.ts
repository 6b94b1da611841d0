import { readFileSync } from 'node:fs';
import { codeOf, replaceFile, sumOf } from '../config-files/replace-file.ts';
import type { Piece, Removal } from './removal.ts';

/**
 * Puts back what was taken out, byte for byte. Where others have edited the file since, each piece goes between the texts it stood between, if
 * those are found exactly once. Returns a sentence where it was not done; then the file is as it was.
 */
export function undoRemoval(removal: Removal): string | undefined {
  let text: string;
  try {
    text = readFileSync(removal.file, 'latin1');
  } catch (error) {
    return `the file cannot be read (${codeOf(error)}), so there is nothing to put the entry back into`;
  }
  const { pieces } = removal;
  const isUntouched = sumOf(text) === removal.sumAfter;
  if (!isUntouched && holdsEntry(text, removal)) return 'the entry is in the file again; nothing was changed';
  const places = isUntouched ? pieces.map(({ at }) => at) : placesIn(text, removal);
  if (places === undefined)
    return 'the file was changed where the entry stood, so its place is not clear; nothing was changed, and the key is kept in Gatehouse';
  const restored = pieces.reduceRight((rest, piece, index) => {
    const at = places[index] ?? 0;
    return rest.slice(0, at) + piece.text + rest.slice(at);
  }, text);
  return replaceFile(removal.file, text, restored);
}

/** The longest piece is the entry; a comma alone is everywhere. */
function holdsEntry(text: string, { pieces }: Removal): boolean {
  const longest = pieces.map((piece) => piece.text.trim()).sort((a, b) => b.length - a.length)[0] ?? '';
  return longest.length > 0 && text.includes(longest);
}

function placesIn(text: string, { pieces }: Removal): readonly number[] | undefined {
  const places: number[] = [];
  for (const piece of pieces) {
    const place = placeOf(text, piece);
    if (place === undefined || place < (places.at(-1) ?? 0)) return undefined;
    places.push(place);
  }
  return places;
}

/**
 * What stood on both sides decides, and the more of it is still there, the surer. One side alone is enough only if it is a whole line that is
 * there once.
 */
function placeOf(text: string, { left, right }: Piece): number | undefined {
  for (const width of [400, 120, 40, 12]) {
    const near = left.slice(-width);
    const found = onlyPlace(text, near + right.slice(0, width));
    if (found !== undefined) return found + near.length;
  }
  const before = /(?:^|\n)([^\n]*\n)$/.exec(left)?.[1];
  const place = before === undefined ? undefined : onlyPlace(text, before);
  if (before !== undefined && place !== undefined) return place + before.length;
  const after = /^[^\n]*\n/.exec(right)?.[0];
  return after === undefined ? undefined : onlyPlace(text, after);
}

/** Blank lines are everywhere. */
function onlyPlace(text: string, part: string): number | undefined {
  if (part.trim() === '') return undefined;
  const first = text.indexOf(part);
  return first >= 0 && text.indexOf(part, first + 1) < 0 ? first : undefined;
}
