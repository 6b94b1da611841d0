import type { Call } from '../../ir/call.ts';
import type { GatewayError } from '../../ir/error.ts';
import type { Asked, ReadCall } from '../codec.ts';
import type { JsonRecord } from '../read-json.ts';
import { readConfig } from './read-config.ts';
import { readContents, readSystem } from './read-contents.ts';
import { readTools } from './read-tools.ts';
import { field, Reading } from './reading.ts';

/** Safety settings, labels and the like belong to Google's own service and are named as losses. The model is in the path. */
const KNOWN = ['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'cachedContent', 'serviceTier', 'model'];

export function readCall(body: JsonRecord, asked: Asked): ReadCall | GatewayError {
  const reading = new Reading();
  reading.loseUnknown(body, KNOWN);
  if (field(body, 'cachedContent') !== undefined) {
    reading.refuse(
      'cachedContent names a cache at Google, whose content no other provider can see. Send the contents themselves, or choose a Gemini model.',
    );
  }
  const { tools, toolChoice } = readTools(body, reading);
  const { maxOutputTokens, sampling, stop, format, reasoning } = readConfig(body, reading);
  const tier = reading.text(body, 'serviceTier', '')?.toLowerCase();
  const call: Call = {
    model: asked.model,
    system: readSystem(body, reading),
    turns: readContents(body, reading),
    tools,
    toolChoice,
    maxOutputTokens,
    ...(sampling === undefined ? {} : { sampling }),
    ...(stop === undefined ? {} : { stop }),
    ...(format === undefined ? {} : { format }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(tier === undefined || tier === '' || tier.endsWith('unspecified') ? {} : { serviceTier: tier }),
  };
  return reading.refused ?? { call, losses: [...reading.losses] };
}
