import type { ToGateway } from './messages.ts';
import type { RunningGateway } from './run-gateway.ts';

type LedgerCall = Extract<ToGateway, { call: 'whatGoes' | 'exportPiece' }>;

/** What is asked of the book besides what the panel shows. */
export function ledgerReply({ ledger, clock }: RunningGateway, message: LedgerCall): unknown {
  switch (message.call) {
    case 'whatGoes':
      return ledger.whatGoes(message.ask, clock.now());
    case 'exportPiece':
      return ledger.exportPiece(message.ask.query, message.ask.after);
    default:
      return message satisfies never;
  }
}
