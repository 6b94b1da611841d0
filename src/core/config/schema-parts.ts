import * as z from 'zod';

/** Names that a person gives to providers, agents and aliases. Without a slash: that is what tells a name from a "provider/model". */
const NAME = /^[a-z0-9][a-z0-9._-]*$/;

export const name = (what: string) =>
  z
    .string()
    .regex(NAME, `is not a name for ${what}: use lower-case letters, digits, dots, dashes and underscores`)
    // `constructor`: every object seems to have one already.
    .refine((text) => !(text in {}), 'is reserved; choose another name');

export const notYet = (offValues: readonly unknown[]) =>
  z
    .unknown()
    .refine((value) => value === undefined || offValues.some((off) => JSON.stringify(off) === JSON.stringify(value)), {
      message: 'is not available in this version, so it would not be kept; remove it',
    })
    .optional();

/** In the headless file a secret is named by the variable that holds it. */
export const environmentVariable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

export const seconds = z.number().positive().max(86_400);

/** What a setting is called in a sentence when it has the wrong form altogether, where it can be written in more than one way. */
export const oneOrMore = <Item extends z.ZodType>(item: Item, what: string) =>
  z.union([item, z.array(item).min(1, `must name at least one ${what}`)], `must be a ${what} or a list of them`);

export const providerAndModel = z.string().regex(/^[^/]+\/.+$/, 'must be "provider/model"');

/** Whether an alias of that name exists is a question for the whole configuration: `references.ts`. */
export const reference = z
  .string()
  .regex(/^([a-z0-9][a-z0-9._-]*|[^/]+\/.+)$/, 'must be "provider/model" or the name of an alias in "models"');

export const pattern = z.string().min(1, 'is empty; `*` matches anything').max(500, 'is longer than 500 characters');

/** `dev`, `staging`, `prod`: what a key is for, and what an agent is held to. */
export const environment = z.string().min(1, 'is empty').max(50, 'is longer than 50 characters');
