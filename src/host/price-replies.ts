import type { PricesAsked, ProposedPrices, ToGateway } from './messages.ts';
import type { PriceProposal } from './propose-prices.ts';
import type { RunningGateway } from './run-gateway.ts';

type PriceCall = Extract<ToGateway, { call: 'prices' | 'proposePrices' | 'takePrices' | 'resetPrices' }>;

/** The latest proposal of each gateway: its text has megabytes, and goes to nobody who only looks at it. */
const proposals = new WeakMap<RunningGateway, { readonly number: number; readonly proposal: PriceProposal }>();

export async function priceReply(gateway: RunningGateway, message: PriceCall): Promise<unknown> {
  const { prices } = gateway;
  switch (message.call) {
    case 'prices':
      return prices.status();
    case 'proposePrices':
      return propose(gateway, message.ask, message.id);
    case 'takePrices': {
      const latest = proposals.get(gateway);
      if (latest?.number !== message.ask.proposal) throw new Error('other prices were proposed meanwhile; look at them again');
      prices.take(latest.proposal);
      proposals.delete(gateway);
      return prices.status();
    }
    case 'resetPrices':
      return prices.reset();
    default:
      return message satisfies never;
  }
}

async function propose(gateway: RunningGateway, asked: PricesAsked, number: number): Promise<ProposedPrices> {
  const { prices, upstream } = gateway;
  const made = asked.kind === 'imported' ? prices.proposeImport(asked) : prices.proposeRefresh(upstream, asked.address);
  const proposal = await made;
  proposals.set(gateway, { number, proposal });
  const { text: _, ...shown } = proposal;
  return { ...shown, proposal: number };
}
