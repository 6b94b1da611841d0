import type { COMPLEXITIES, REQUEST_CLASSES } from '../../config/kinds.ts';

// What the body says is read by the dialects, which may not import routing.
export type { RequestFeatures } from '../../ir/features.ts';

export type RequestClass = (typeof REQUEST_CLASSES)[number];
export type Complexity = (typeof COMPLEXITIES)[number];
