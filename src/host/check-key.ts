import type { UpstreamFailure, Upstream } from '../core/ports.ts';
import type { Provider } from '../core/providers/provider.ts';
import { Secret } from '../core/providers/secret.ts';
import { askProvider } from './ask-provider.ts';

/** What a real call with a key showed. `sentence` is for a person: what is wrong and what to do. */
export interface KeyDiagnosis {
  readonly verdict: 'good' | 'wrong-key' | 'no-credit' | 'no-access' | 'no-network' | 'unclear';
  readonly sentence: string;
}

const OUT_OF_CREDIT = /insufficient_quota|credit balance|insufficient balance|out of credits?|exceeded your current quota/i;

/** The cheapest call that a wrong key fails; it spends nothing. */
export async function checkKey(upstream: Upstream, provider: Provider, secret: string): Promise<KeyDiagnosis> {
  // Such a header is either refused before it is sent, which looks like a broken connection, or sent as something else.
  if (/[^\u0021-\u007e]/.test(secret)) {
    return {
      verdict: 'wrong-key',
      sentence: 'The key holds a blank, a line break or a character that no key has. Copy it again, whole and alone.',
    };
  }
  const reply = await askProvider(upstream, provider, new Secret(secret), provider.keyCheck);
  if ('failure' in reply) return { verdict: 'no-network', sentence: noNetwork(reply.failure, provider) };
  const { status } = reply;
  const words = status < 300 ? '' : reply.body.toString('utf8');
  if (status >= 200 && status < 300) return { verdict: 'good', sentence: `${provider.label} accepted the key.` };
  // Google answers 400 with API_KEY_INVALID to a wrong key.
  if (status === 401 || (status === 400 && /api.?key/i.test(words))) {
    return {
      verdict: 'wrong-key',
      sentence: `${provider.label} does not know this key. Check that it was copied whole and has not been revoked.`,
    };
  }
  // Anthropic says so under 400, OpenAI under 429.
  if (status === 402 || ((status === 400 || status === 403 || status === 429) && OUT_OF_CREDIT.test(words)))
    return {
      verdict: 'no-credit',
      sentence: `${provider.label} knows the key, but its account has no credit. Add credit there, then try again.`,
    };
  if (status === 403) {
    return {
      verdict: 'no-access',
      sentence: `${provider.label} knows the key, but does not let it use its models. Check its permissions and the project it belongs to there.`,
    };
  }
  if (status === 404) {
    return {
      verdict: 'unclear',
      sentence: `${provider.label} has nothing at this address (404). Check the base URL of "${provider.id}".`,
    };
  }
  if (status === 429)
    return { verdict: 'good', sentence: `${provider.label} accepted the key, but is limiting its rate right now.` };
  return {
    verdict: 'unclear',
    sentence: `${provider.label} answered with status ${status}, so the key could not be tested. Try again later.`,
  };
}

function noNetwork(failure: UpstreamFailure, provider: Provider): string {
  const why: Readonly<Record<UpstreamFailure, string>> = {
    dns: 'its host could not be found',
    refused: 'nothing answers at its address',
    unreachable: 'its address cannot be reached',
    tls: 'its certificate is not trusted (behind a corporate proxy, add its certificate to the system)',
    proxy: 'the proxy refused the way (see the setting http.proxy)',
    'private-address':
      'its name leads to this machine or a private network (if it belongs there, set "network": "local" for it in gatehouse.providers)',
    'forbidden-address': 'its name leads to an address at which no provider can be',
    'connect-timeout': 'it did not answer in time',
    'first-byte-timeout': 'it did not answer in time',
    'idle-timeout': 'it did not answer in time',
    reset: 'it closed the connection',
    protocol: 'what answers there does not speak HTTP',
    aborted: 'the call was stopped',
  };
  return `The key could not be tested: ${provider.label} was not reached, ${why[failure]}.`;
}
