import * as z from 'zod';
import { configSchema } from './schema.ts';

/** The names that settings have at a place of the configuration, for "did you mean"; empty where names are free. */
export function settingNames(path: readonly PropertyKey[]): readonly string[] {
  let at: readonly z.core.$ZodType[] = [configSchema];
  for (const step of path) at = at.flatMap((schema) => inside(schema, step));
  return at.flatMap(forms).flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));
}

function inside(schema: z.core.$ZodType, step: PropertyKey): readonly z.core.$ZodType[] {
  return forms(schema).flatMap((form): readonly z.core.$ZodType[] => {
    if (form instanceof z.ZodRecord) return [form.valueType];
    if (form instanceof z.ZodArray) return [form.element];
    if (!(form instanceof z.ZodObject) || !Object.hasOwn(form.shape, step)) return [];
    const member: unknown = (form.shape as Record<PropertyKey, unknown>)[step];
    return member instanceof z.ZodType ? [member] : [];
  });
}

/** What a value may look like, without "may be left out" around it. */
function forms(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(forms);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return forms(schema.unwrap());
  return [schema];
}
