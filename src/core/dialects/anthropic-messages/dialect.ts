import type { Dialect } from '../dialect.ts';
import { renderError, renderStreamError } from './errors.ts';
import { readFeatures } from './features.ts';
import { isAddedUsageEvent, meterWhole, streamMeter } from './meter.ts';
import { renderModels } from './models.ts';
import { isPreamble, isRefusal } from './preamble.ts';
import { readRequest, retarget } from './relay.ts';

export const anthropicMessages: Dialect = {
  id: 'anthropic-messages',
  readRequest,
  readFeatures,
  retarget,
  streamMeter,
  meterWhole,
  isAddedUsageEvent,
  isPreamble,
  isRefusal,
  renderError,
  renderStreamError,
  renderModels,
};
