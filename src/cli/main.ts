import { parseArgs } from 'node:util';
import { audit } from './audit.ts';
import { explain } from './explain.ts';
import { exportUsage } from './export.ts';
import { prices } from './prices.ts';
import { purge } from './purge.ts';
import { serve } from './serve.ts';
import { usage } from './usage.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Gatehouse without an editor

  serve --config FILE [--port N] [--data DIR]   run the gateway; prints one line of JSON when it listens
  usage --data DIR [--by agent,provider,model,key,session,workspace,day | --by request]
        [--since ISO] [--until ISO] --json      what was used and what it cost
  audit verify --data DIR [--config FILE] [--json]
                                                whether the audit log is as it was written; names the first entry
                                                that is not, and exits with 1
  audit export --data DIR                       the audit log as JSON Lines, hashes included
  export --data DIR [--format csv | json] [--by agent,model,day,...] [--since ISO] [--until ISO] [--output FILE]
                                                every request as a line (CSV, or JSON Lines), or the sums by some columns
  prices show [--json] | import FILE | refresh [--config FILE] | reset, each with --data DIR [--yes]
                                                the prices besides the built-in ones; says what changes before it does
  explain --config FILE --agent A --model M [--request FILE] [--dialect D] [--session S]
        [--header "name: value"]... [--data DIR] [--json | --text]
                                                where a request would go and why, asking nobody; JSON unless --text.
                                                --request holds its body, --data what a gateway knows of keys
  purge --data DIR [--yes] [--force]            erase what gateways have kept there, after showing it; --force although one runs
`;

/** Exit codes: 0 done, 1 failed, 2 called wrongly or with a faulty configuration. */
export async function main(): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const called = error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${called ? `\n${HELP}` : ''}`);
    return called ? 2 : 1;
  }
}

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      port: { type: 'string', default: '0' },
      data: { type: 'string' },
      by: { type: 'string', default: '' },
      since: { type: 'string' },
      until: { type: 'string' },
      format: { type: 'string' },
      output: { type: 'string' },
      json: { type: 'boolean', default: false },
      agent: { type: 'string' },
      model: { type: 'string' },
      request: { type: 'string' },
      dialect: { type: 'string' },
      session: { type: 'string' },
      header: { type: 'string', multiple: true, default: [] },
      text: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, ...more] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  switch (command) {
    case 'serve':
      return serve(values);
    case 'usage':
      return usage(values);
    case 'audit':
      return audit(more[0], values);
    case 'export':
      return exportUsage(values);
    case 'prices':
      return prices(more, values);
    case 'explain':
      return explain(values);
    case 'purge':
      return purge(values);
    default:
      throw new UsageError(command === undefined ? 'a command is missing' : `unknown command "${command}"`);
  }
}
