import type { Command } from 'vscode';

/** A row of a view, as plain data: what it says can be tested without an editor. */
export interface Row {
  /** Stable: by it the editor knows what was folded and what was chosen. */
  readonly id: string;
  /** What commands on the row are about: an agent's name, a key's id. */
  readonly subject?: string;
  readonly label: string;
  readonly description?: string;
  /** Plain text. */
  readonly tooltip?: string;
  /** What a screen reader says: also what only the icon shows, and nothing that changes by itself. Left out: label and description. */
  readonly spoken?: string;
  /** A product icon by its name. */
  readonly icon: string;
  /** A theme colour for it. */
  readonly color?: string;
  /** By which the manifest's menus tell rows apart. */
  readonly context?: string;
  readonly command?: Command;
  readonly rows?: readonly Row[];
}
