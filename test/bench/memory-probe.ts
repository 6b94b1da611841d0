// Loaded into a server under test (`node --import`): says on SIGUSR2 what memory it holds, in bytes. No collection is forced.
process.on('SIGUSR2', () => {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ event: 'memory', rss, heapUsed, heapTotal, external, arrayBuffers })}\n`);
});
