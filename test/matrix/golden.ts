import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Files that hold what came out the last time somebody looked at it. `UPDATE_GOLDEN=1` writes them anew; the difference is then read
 * in review. A file that is missing fails, and so does one that no test asks for.
 */
export class Golden {
  readonly #folder: string;
  readonly #asked = new Set<string>();
  readonly #update = process.env['UPDATE_GOLDEN'] === '1';

  constructor(folder: string) {
    this.#folder = path.join(import.meta.dirname, 'golden', folder);
  }

  check(name: string, text: string): void {
    this.#asked.add(name);
    const file = path.join(this.#folder, name);
    if (this.#update) {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(file, text);
      return;
    }
    assert.ok(existsSync(file), `${name} is missing: UPDATE_GOLDEN=1 writes it`);
    assert.equal(text, readFileSync(file, 'utf8'), `${name}: UPDATE_GOLDEN=1 writes it anew, if this is meant`);
  }

  /** To be called when every test of the folder has run. */
  checkNothingLeftOver(): void {
    const left = existsSync(this.#folder) ? readdirSync(this.#folder).filter((name) => !this.#asked.has(name)) : [];
    if (this.#update) for (const name of left) rmSync(path.join(this.#folder, name));
    else assert.deepEqual(left, [], 'no test asks for these');
  }
}

/** The project's own, less a comma. */
const WIDTH = 131;

/** JSON as the project's formatter lays it out, so that golden files need no exception from it: what fits on a line stands on one. */
export function laidOut(value: unknown, indent = '', before = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const line = oneLine(value);
  if (!isBroken(value) && indent.length + before + line.length <= WIDTH) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((each) => inner + laidOut(each, inner)).join(',\n')}\n${indent}]`;
  const members = Object.entries(value).map(([name, each]) => {
    const key = `${JSON.stringify(name)}: `;
    return inner + key + laidOut(each, inner, key.length);
  });
  return `{\n${members.join(',\n')}\n${indent}}`;
}

/** Lists of several things that are lists or objects of several things themselves never stand on one line. */
function isBroken(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const inside = Object.values(value) as unknown[];
  if (inside.some(isBroken)) return true;
  if (!Array.isArray(value) || value.length < 2) return false;
  const sizes = inside.map((each) => (typeof each === 'object' && each !== null ? Object.keys(each).length : 0));
  return sizes.every((size) => size > 1) && new Set(inside.map((each) => Array.isArray(each))).size === 1;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${oneLine(each)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
