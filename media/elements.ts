type Child = Node | string | undefined;

/** There is no `style` and no `class` object here on purpose: a style attribute breaks the content security policy. */
export interface Attributes {
  readonly [name: string]: string | undefined;
  readonly style?: never;
}

/** Builds an element. Strings become text nodes, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

/** Writes only what differs: writing the same text again would drop the user's selection. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function setHidden(node: HTMLElement, hidden: boolean): void {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/**
 * Makes `parent` hold one child per item, in order, keeping the child of each key across calls.
 * Children that stay in place are not touched, so a row added on top moves nothing else.
 */
export function syncChildren<T>(
  parent: Element,
  kept: Map<string, HTMLElement>,
  items: readonly T[],
  key: (item: T) => string,
  create: (item: T) => HTMLElement,
  update: (child: HTMLElement, item: T) => void,
): void {
  const wanted = new Map<string, T>();
  for (const item of items) wanted.set(key(item), item);
  for (const [name, child] of kept) {
    if (wanted.has(name)) continue;
    child.remove();
    kept.delete(name);
  }
  const children: HTMLElement[] = [];
  for (const [name, item] of wanted) {
    let child = kept.get(name);
    if (child === undefined) {
      child = create(item);
      kept.set(name, child);
    }
    update(child, item);
    children.push(child);
  }
  let next: Element | null = null;
  for (const child of children.reverse()) {
    if (child.parentElement !== parent || child.nextElementSibling !== next) parent.insertBefore(child, next);
    next = child;
  }
}
