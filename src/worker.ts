import { parentPort } from 'node:worker_threads';
import { isGatewayError } from './core/ir/error.ts';
import { activityReplies } from './host/activity-replies.ts';
import { budgetStatuses } from './host/budget-status.ts';
import { checkKey } from './host/check-key.ts';
import { faultText } from './host/fault-text.ts';
import { keyFor } from './host/key-for.ts';
import { ledgerReply } from './host/ledger-replies.ts';
import { describeModel, listProviderModels } from './host/list-provider-models.ts';
import { priceReply } from './host/price-replies.ts';
import type { FromGateway, StartOptions, ToGateway } from './host/messages.ts';
import { runGateway, type RunningGateway } from './host/run-gateway.ts';
import { logTo } from './host/system-ports.ts';

/** The gateway in a worker thread: another extension that blocks the editor's extension host delays no token of a stream. */
const host = parentPort;
if (host === null) throw new Error('worker.js is started by the extension; use cli.js to run the gateway alone');
const tell = (message: FromGateway): void => host.postMessage(message);

const log = logTo((level, line) => tell({ event: 'log', level, line }));

const MOST_SECRETS = 200;

type Replies = (message: ToGateway) => Promise<unknown>;

async function start({ source, network, dataDir, port, workspace, audit }: StartOptions): Promise<Replies> {
  secrets = source.keys.map(({ secret }) => secret);
  const gateway = await runGateway({ source, network, dataDir, port, portIsWish: true, workspace, audit, log });
  gateway.ledger.onSettled((requests) => tell({ event: 'settled', requests }));
  gateway.ledger.onTrouble((trouble) => tell({ event: 'trouble', trouble }));
  gateway.ledger.audit.onWritten(() => tell({ event: 'audited' }));
  gateway.onNews((news) => tell({ event: 'news', news }));
  const activity = activityReplies(gateway, tell);
  tell({ event: 'ready', url: gateway.server.url, port: gateway.server.port });
  return (message) => reply(gateway, message, activity);
}

let secrets: readonly string[] = [];
let running: Promise<Replies> | undefined;
const fail = (error: unknown): void => tell({ event: 'failed', message: faultText(error, secrets) });

// Left to itself, Node would hand the error to the editor as it is, with all that hangs on it. The host ends a worker that failed.
process.on('uncaughtException', fail);

/** The first message says with what to start: the host reads keys and settings while this code is read. Then come its questions. */
host.on('message', (first: StartOptions | ToGateway) => {
  if (running === undefined) {
    running = start(first as StartOptions);
    running.catch(fail);
    return;
  }
  const message = first as ToGateway;
  running
    .then((replies) => replies(message))
    .then(
      (value) => tell({ event: 'answer', id: message.id, value }),
      (error: unknown) => tell({ event: 'refusal', id: message.id, message: faultText(error, secrets) }),
    );
});

async function reply(gateway: RunningGateway, message: ToGateway, activity: ReturnType<typeof activityReplies>): Promise<unknown> {
  switch (message.call) {
    case 'swap':
      // What was held until now may still be on its way.
      secrets = [...new Set([...secrets, ...message.ask.keys.map(({ secret }) => secret)])].slice(-MOST_SECRETS);
      return gateway.swap(message.ask);
    case 'usage':
      return gateway.ledger.usage(message.ask);
    case 'requests':
      return gateway.ledger.requests(message.ask);
    case 'pricesAsOf':
      return gateway.priceBook.asOf();
    case 'checkKey': {
      const { provider, secret } = keyFor(gateway.snapshot(), message.ask);
      const diagnosis = await checkKey(gateway.upstream, provider, secret?.reveal() ?? '');
      const { key } = message.ask;
      // Of one that was just entered nothing is held yet, and it is not the stored one that was found good.
      if (diagnosis.verdict === 'good' && key !== undefined && message.ask.secret === undefined)
        gateway.routing.health.forgive(key);
      return diagnosis;
    }
    case 'listModels': {
      const { provider, secret } = keyFor(gateway.snapshot(), message.ask);
      return listProviderModels(gateway.upstream, provider, secret, gateway.priceBook);
    }
    case 'describeModels':
      return message.ask.flatMap((reference) => {
        const slash = reference.indexOf('/');
        const provider = gateway.snapshot().providers.get(reference.slice(0, slash));
        return provider === undefined ? [] : [describeModel(provider, reference.slice(slash + 1), gateway.priceBook)];
      });
    case 'explain': {
      const { body, ...question } = message.ask;
      const explained = gateway.explain({ ...question, ...(body === undefined ? {} : { body: Buffer.from(body) }) });
      return isGatewayError(explained) ? { error: explained.message } : explained;
    }
    case 'budgets':
      return budgetStatuses(gateway.ledger.budgets);
    case 'keyHealth':
      return gateway.routing.health.all();
    case 'requestsOnKey':
      return gateway.routing.inUse.count(message.ask.key);
    case 'revokeKey':
      return gateway.revoke(message.ask.key, message.ask.inFlight);
    case 'pauseAgent':
      if (!gateway.snapshot().agents.has(message.ask.agent)) throw new Error(`there is no agent "${message.ask.agent}"`);
      return gateway.routing.paused.pause(message.ask.agent);
    case 'resumeAgent':
      return gateway.routing.paused.resume(message.ask.agent);
    case 'audit':
      if (!gateway.ledger.audit.on) throw new Error('the audit log has no key');
      return Promise.all(message.ask.map((record) => gateway.ledger.audit.append(record)));
    case 'auditAnchor':
      return gateway.ledger.audit.anchorAfter(message.ask);
    case 'verifyAudit':
      return gateway.ledger.audit.verify(message.ask.anchor);
    case 'auditEntries': {
      const { offset, limit } = message.ask;
      const { audit } = gateway.ledger;
      return audit.entries(offset < 0 ? Math.max(0, audit.count + offset) : offset, limit);
    }
    case 'clearAudit':
      return gateway.ledger.audit.clear();
    case 'whatGoes':
    case 'exportPiece':
      return ledgerReply(gateway, message);
    case 'prices':
    case 'proposePrices':
    case 'takePrices':
    case 'resetPrices':
      return priceReply(gateway, message);
    case 'watchActivity':
    case 'runningRequests':
    case 'cancelRequest':
    case 'keepAsked':
    case 'isAskedKept':
    case 'retryRequest':
      return activity(message);
    case 'stop':
      return gateway.close(message.ask.patienceMs);
    default:
      return message satisfies never;
  }
}
