import { retryRequest, type RetryPiece } from './retry-request.ts';
import type { FromGateway, ToGateway } from './messages.ts';
import type { RunningGateway } from './run-gateway.ts';
import { watchActivity } from './watch-activity.ts';

type ActivityCall = Extract<
  ToGateway,
  { call: 'watchActivity' | 'runningRequests' | 'cancelRequest' | 'keepAsked' | 'isAskedKept' | 'retryRequest' }
>;

/** Pieces of a retried answer go out together. */
const PIECES_MS = 250;

/** What is asked about requests on their way. */
export function activityReplies(gateway: RunningGateway, tell: (message: FromGateway) => void): (message: ActivityCall) => unknown {
  const { running, timers } = gateway;
  let watch: ReturnType<typeof watchActivity> | undefined;

  function retry(request: string, target: string): string {
    const asked = running.asked(request);
    if (asked === undefined) throw new Error('What this request asked is not in memory any more, so it cannot be asked again.');
    let pieces: RetryPiece[] = [];
    let timer: { cancel(): void } | undefined;
    const flush = (): void => {
      timer = undefined;
      if (pieces.length > 0) tell({ event: 'retried', request: id, pieces });
      pieces = [];
    };
    const id = retryRequest(gateway.deps, asked, target, {
      said(more) {
        pieces.push(...more);
        timer ??= timers.after(PIECES_MS, flush);
      },
      ended(trouble) {
        timer?.cancel();
        flush();
        tell({ event: 'retried', request: id, pieces: [], ended: { trouble } });
      },
    });
    return id;
  }

  return (message) => {
    switch (message.call) {
      case 'watchActivity':
        watch?.stop();
        watch = message.ask ? watchActivity(running, timers, (report) => tell({ event: 'activity', ...report })) : undefined;
        return watch?.now ?? [];
      case 'runningRequests':
        return running.all();
      case 'cancelRequest':
        return running.cancel(message.ask.request);
      case 'keepAsked':
        return running.keepAsked(message.ask);
      case 'isAskedKept':
        return running.asked(message.ask.request) !== undefined;
      case 'retryRequest':
        return retry(message.ask.request, message.ask.target);
      default:
        return message satisfies never;
    }
  };
}
