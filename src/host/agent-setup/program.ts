import type { FormatName } from '../config-files/by-name.ts';
import type { Container } from '../config-files/tree.ts';
import type { Wish } from '../config-files/wish.ts';

/** Where this user's programs keep their settings. */
export interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The folder of the editor's profile that is in use; undefined where the extension does not run on the same machine. */
  readonly profile: string | undefined;
}

/** What a program is pointed at. */
export interface Endpoint {
  /** Without a path and without a slash at the end. */
  readonly url: string;
  /** The agent's own local token. Never a provider's key. */
  readonly token: string;
  /** The name under which a program asks, where it has to have one. The agent's settings in Gatehouse decide what serves it. */
  readonly model: string;
}

/** A file and what is to stand in it. */
export interface FileWish {
  readonly file: string;
  readonly format: FormatName;
  /** `root` is what stands there, undefined where there is nothing or nothing that can be understood. */
  readonly wish: (root: Container | undefined) => Wish;
}

/** An agent program: how it is known to be there, and what points it at the gateway. */
export interface Program {
  readonly id: string;
  readonly label: string;
  /** Names of its program on the PATH. */
  readonly binaries: readonly string[];
  /** Ids of its extensions for the editor. */
  readonly extensions: readonly string[];
  /** Folders and files that are there once it has been used. */
  readonly traces: (place: Place) => readonly string[];
  /** Undefined: it keeps its settings where no other program can write them, and is set up by hand. */
  readonly files: ((place: Place, endpoint: Endpoint) => readonly FileWish[]) | undefined;
  /** It asks for models by a name in its settings: without a model chosen in Gatehouse nothing would answer to it. */
  readonly needsModel: boolean;
}

export function firstOf(env: Place['env'], variable: string, fallback: string): string {
  return env[variable] || fallback;
}
