import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { baseUrlFault } from '../../../src/core/config/base-url.ts';

describe('baseUrlFault', () => {
  for (const url of [
    'https://api.openai.com/v1',
    'https://api.example.com:8443/deep/path/',
    'https://münchen.example/v1',
    'https://8.8.8.8/v1',
    'https://[2606:4700::1111]/v1',
    'http://localhost:11434/v1',
    'HTTP://LOCALHOST:1234',
    'http://demo.localhost/v1',
    'http://127.0.0.1:8000',
    'http://127.255.255.254',
    'http://10.0.0.1',
    'http://172.16.0.1',
    'http://172.31.255.255',
    'http://192.168.1.20:8080/v1',
    'http://[::1]:8080',
    'http://[0:0:0:0:0:0:0:1]',
    'http://[fd12:3456::1]',
    'http://[fc00::1]',
  ]) {
    it(`accepts ${url}`, () => assert.equal(baseUrlFault(url), undefined));
  }

  for (const [hazard, url] of [
    ['a public name', 'http://api.openai.com/v1'],
    ['a public address', 'http://8.8.8.8'],
    ['a public address written as one decimal number', 'http://134744072'],
    ['a public address in hexadecimal', 'http://0x08.0x08.0x08.0x08'],
    ['the address just above 172.16/12', 'http://172.32.0.1'],
    ['the address just below 172.16/12', 'http://172.15.255.255'],
    ['192.167, which is nobody’s private network', 'http://192.167.1.1'],
    ['a name that only begins like a private address', 'http://127.0.0.1.evil.example'],
    ['a name that only begins like localhost', 'http://localhost.evil.example'],
    ['a name that only ends like localhost', 'http://notlocalhost'],
    ['a name that looks like a unique local IPv6 address', 'http://fd00.example'],
    ['a public IPv6 address', 'http://[2606:4700::1111]'],
    ['a public IPv4 address inside an IPv6 one', 'http://[::ffff:8.8.8.8]'],
    ['IPv6 00fc::, which only looks like fc00::', 'http://[fc::1]'],
    ['every address at once', 'http://0.0.0.0:8080'],
    ['a public host behind a backslash that hides a loopback one', 'http://evil.example\\@127.0.0.1'],
    ['an unusual spelling of the scheme', 'http:evil.example'],
  ] as const) {
    it(`lets no key cross the network in clear: ${hazard}`, () => assert.match(baseUrlFault(url) ?? '', /https:\/\//));
  }

  for (const url of [
    'http://2130706433',
    'http://0x7f.1',
    'http://017700000001',
    'http://127.1',
    'http://１２７.0.0.1',
    'http://ⓛocalhost',
  ]) {
    it(`knows loopback in disguise: ${url}`, () => assert.equal(baseUrlFault(url), undefined));
  }

  for (const url of [
    'https://user@api.example.com',
    'https://:password@api.example.com',
    'http://127.0.0.1@evil.example',
    'http://127.0.0.1:80@evil.example/',
  ]) {
    it(`refuses user info, which can pass for the host: ${url}`, () =>
      assert.match(baseUrlFault(url) ?? '', /user name or password/));
  }

  it('does not repeat a password that was put into a URL', () => {
    assert.doesNotMatch(baseUrlFault('https://me:hunter2@api.example.com') ?? '', /hunter2/);
  });

  for (const url of ['https://api.example.com/v1?key=abc', 'https://api.example.com/v1#frag', 'https://127.0.0.1/#@evil.example']) {
    it(`refuses a query or a fragment: ${url}`, () => assert.match(baseUrlFault(url) ?? '', /query or a fragment/));
  }

  for (const url of ['ws://localhost', 'file:///etc/passwd', 'javascript:alert(1)', 'ftp://localhost', 'data:text/plain,x']) {
    it(`refuses a scheme that is not HTTP: ${url}`, () => assert.match(baseUrlFault(url) ?? '', /must begin with https/));
  }

  for (const url of [
    '',
    'api.openai.com',
    '//api.openai.com',
    'https://',
    'http://127.0.0.1:99999',
    'http://10.0.0.256',
    'http://[::1',
  ]) {
    it(`says what is expected instead of ${JSON.stringify(url)}`, () =>
      assert.match(baseUrlFault(url) ?? '', /is not a URL|must begin with https/));
  }
});
