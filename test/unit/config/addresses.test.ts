import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { literalReach, reachOf, type Reach } from '../../../src/core/config/addresses.ts';

const ADDRESSES: Readonly<Record<Reach, readonly string[]>> = {
  public: [
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '169.253.1.1',
    '198.18.0.7',
    '223.255.255.255',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
    'fbff::1',
  ],
  private: [
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fc00::1',
    'fdff:ffff::1',
    'fec0::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:c0a8:101::',
    '0:0:0:0:0:ffff:7f00:0001',
  ],
  never: [
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.0.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'ff02::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:0:0',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    'no address',
    '',
  ],
};

describe('where an address leads', () => {
  for (const [reach, addresses] of Object.entries(ADDRESSES)) {
    for (const address of addresses) it(`${address || 'nothing'} is ${reach}`, () => assert.equal(reachOf(address), reach));
  }

  for (const [url, reach] of [
    ['https://2852039166', 'never'],
    ['https://0xa9fea9fe', 'never'],
    ['https://0251.0376.0251.0376', 'never'],
    ['https://169.254.43518', 'never'],
    ['https://[::ffff:a9fe:a9fe]', 'never'],
    ['https://[fd00:ec2:0::254]', 'never'],
    ['https://2130706433', 'private'],
    ['https://0x7f.1', 'private'],
    ['https://localhost', 'private'],
    ['https://a.localhost', 'private'],
    ['https://user@127.0.0.1', 'private'],
    ['https://127.0.0.1@evil.example', undefined],
    ['https://localhost.evil', undefined],
    ['https://notlocalhost', undefined],
    ['https://127.0.0.1.evil.example', undefined],
    ['https://api.openai.com', undefined],
  ] as const) {
    it(`${url} says of itself: ${reach ?? 'nothing'}`, () => assert.equal(literalReach(new URL(url).hostname), reach));
  }
});
