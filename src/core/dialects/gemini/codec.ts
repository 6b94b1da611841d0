import type { Codec } from '../codec.ts';
import { decodeWhole, decoder } from './decode.ts';
import { encoder } from './encode.ts';
import { readError } from './errors.ts';
import { readCall } from './read-request.ts';
import { renderWhole } from './render-whole.ts';
import { untag } from './untag.ts';
import { writeRequest } from './write-request.ts';

export const geminiCodec: Codec = {
  readCall,
  writeRequest,
  decoder,
  decodeWhole,
  encoder,
  renderWhole,
  readError,
  untag,
};
