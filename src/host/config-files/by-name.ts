import { dotenv } from './dotenv.ts';
import { json } from './json.ts';
import { toml } from './toml.ts';
import type { Format } from './tree.ts';
import { yaml } from './yaml.ts';

export const FORMATS = { dotenv, json, toml, yaml } as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof FORMATS;
