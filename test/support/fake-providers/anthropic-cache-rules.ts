import { type Fields, fieldsOf, isObject, listOf, refuse, textOf, wordOf } from './dialect.ts';

/** Breakpoints count over tools, system, messages and the top level; a long one may not follow a short one. */
export function checkCacheControl(body: Fields): void {
  const marks: { readonly where: string; readonly ttl: string }[] = [];
  const collect = (value: unknown, where: string): void => {
    const holder = fieldsOf(value);
    const control = holder['cache_control'];
    if (isObject(control)) {
      if (control['type'] !== 'ephemeral')
        refuse(
          `${where}.cache_control: Input tag '${wordOf(control['type'])}' does not match any of the expected tags: 'ephemeral'`,
        );
      const ttl = control['ttl'] ?? '5m';
      if (ttl !== '5m' && ttl !== '1h') refuse(`${where}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'`);
      if (holder['type'] === 'text' && textOf(holder['text']) === '')
        refuse(`${where}: cache_control cannot be set for empty text blocks`);
      marks.push({ where, ttl });
    }
    listOf(holder['content']).forEach((inner, n) => collect(inner, `${where}.content.${n}`));
  };
  listOf(body['tools']).forEach((tool, n) => collect(tool, `tools.${n}`));
  listOf(body['system']).forEach((block, n) => collect(block, `system.${n}`));
  listOf(body['messages']).forEach((message, n) => collect(message, `messages.${n}`));
  if (body['cache_control'] !== undefined) collect({ cache_control: body['cache_control'] }, 'top level');
  if (marks.length > 4) refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`);
  const firstShort = marks.findIndex((mark) => mark.ttl === '5m');
  const late = firstShort === -1 ? undefined : marks.slice(firstShort).find((mark) => mark.ttl === '1h');
  if (late !== undefined) {
    refuse(
      `${late.where}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. ` +
        'Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
    );
  }
}
