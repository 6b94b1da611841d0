import type { Codec } from '../codec.ts';
import { decoder, decodeWhole } from './decode.ts';
import { encoder } from './encode.ts';
import { readError } from './errors.ts';
import { readCall } from './read-request.ts';
import { renderWhole } from './render-whole.ts';
import { untag } from './untag.ts';
import { writeRequest } from './write-request.ts';

export const chatCodec: Codec = {
  readCall,
  writeRequest,
  decoder,
  decodeWhole,
  encoder,
  renderWhole,
  readError,
  untag,
};
