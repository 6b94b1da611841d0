import type { Dialect } from '../dialect.ts';
import { renderError, renderStreamError } from './errors.ts';
import { isAddedUsageEvent, meterWhole, streamMeter } from './meter.ts';
import { renderModels } from './models.ts';
import { readRequest, retarget } from './relay.ts';

export const openaiResponses: Dialect = {
  id: 'openai-responses',
  readRequest,
  retarget,
  streamMeter,
  meterWhole,
  isAddedUsageEvent,
  renderError,
  renderStreamError,
  renderModels,
};
