// The spec reporter, which also leaves its counts for .ci/run to add up.
const fs = require('node:fs');
const path = require('node:path');
const { reporters } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const folder = process.env.GATEHOUSE_TEST_RESULTS;
    if (!folder) return;
    runner.once('end', () => {
      fs.mkdirSync(folder, { recursive: true });
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(path.join(folder, `${process.pid}.json`), JSON.stringify({ passes, failures, pending }));
    });
  }
};
