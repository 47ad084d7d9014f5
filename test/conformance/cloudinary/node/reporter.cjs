// A reporter for mocha 7: it appends lines of JSON to the file named by
// RESULTS, first one for each test that is planned, then one for each outcome,
// joined by their ids. No test has a second try, whatever its suite says.
const fs = require('fs');
const path = require('path');

module.exports = class {
  constructor(runner) {
    const ids = new Map();
    const write = (line) => fs.appendFileSync(process.env.RESULTS, JSON.stringify(line) + '\n');
    const plan = (test) => {
      // Numbers that are made anew in every run are struck out of the names.
      const name = `${path.relative('test', test.file || '')}: ${test.fullTitle()}`.replace(/\d{6,}/g, '#').replace(/\s+/g, ' ');
      ids.set(test, ids.size);
      write({ id: ids.get(test), name });
    };
    const walk = (suite) => {
      suite.tests.forEach((test) => { test.retries(0); plan(test); });
      suite.suites.forEach(walk);
    };
    walk(runner.suite);
    // What a test throws after its end makes it fail, and ends no other test.
    runner.abort = () => runner;
    const told = (test, outcome, error) => {
      if (!ids.has(test)) plan(test);
      write({ id: ids.get(test), outcome, output: error ? error.stack || error.message || String(error) : '' });
    };
    runner.on('pass', (test) => told(test, 'pass'));
    runner.on('pending', (test) => told(test, 'skip'));
    runner.on('fail', (test, error) => {
      if (test.type !== 'hook') return told(test, 'fail', error);
      // A hook is no test of its own: those that it keeps from running stay without an outcome.
      write({ id: -1, name: test.fullTitle(), output: error.stack || String(error) });
    });
  }
};
