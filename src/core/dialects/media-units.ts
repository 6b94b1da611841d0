import { unitsOf, type Usage } from '../ir/usage.ts';

/** Tokens of one kind of media as a provider tells them; `cached` is the part of `sent` that came from its cache, where it says so. */
export interface MediaTokens {
  readonly sent?: number | undefined;
  readonly cached?: number | undefined;
  readonly made?: number | undefined;
}

/**
 * The notes on sound and pictures (`UnitName`), never larger than the buckets that hold them: a provider that says more than its own
 * total is believed in the total. What is not said to be cached counts as sent anew as far as that goes, which is the dearer reading.
 */
export function mediaUnits(
  buckets: Pick<Usage, 'input' | 'cacheRead' | 'output'>,
  audio: MediaTokens,
  image: MediaTokens,
): Usage['units'] {
  const { input: room, cacheRead: cachedRoom, output: madeRoom } = buckets;
  const sound = place(audio, room, cachedRoom, madeRoom);
  const picture = place(image, room - sound.fresh, cachedRoom - sound.cached, madeRoom - sound.made);
  return unitsOf({
    audioInput: sound.fresh,
    audioCacheRead: sound.cached,
    audioOutput: sound.made,
    imageInput: picture.fresh,
    imageCacheRead: picture.cached,
    imageOutput: picture.made,
  });
}

function place({ sent = 0, cached, made = 0 }: MediaTokens, room: number, cachedRoom: number, madeRoom: number) {
  const known = Math.min(cached ?? 0, sent, cachedRoom);
  const fresh = Math.min(sent - known, room);
  return { fresh, cached: Math.min(sent - fresh, cachedRoom), made: Math.min(made, madeRoom) };
}
