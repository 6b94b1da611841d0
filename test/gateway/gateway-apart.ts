import { startGateway } from '../support/gateway.ts';

/** Started by the back-pressure tests with the provider's URL: runs a gateway and tells, when asked, what memory the process holds. */
const gateway = await startGateway({ provider: process.argv[2] ?? '' });
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage().rss);
});
process.on('disconnect', () => void gateway.close().then(() => process.exit()));
process.send?.({ url: gateway.url });
