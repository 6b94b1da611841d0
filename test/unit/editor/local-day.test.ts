import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { startOfDaysAgo, startOfToday } from '../../../src/vscode/local-day.ts';
import { inTimeZone } from './in-time-zone.ts';

/** `iso` is the wall clock in the zone; the answers are moments in UTC. */
describe('startOfToday', () => {
  for (const [hazard, zone, iso, expected] of [
    ['an ordinary day', 'Europe/Berlin', '2026-11-21T15:00', '2026-11-20T23:00'],
    ['midnight itself', 'Europe/Berlin', '2026-11-21T00:00', '2026-11-20T23:00'],
    ['the last moment of a day', 'Europe/Berlin', '2026-11-21T23:59:59.999', '2026-11-20T23:00'],
    ['after the clock went forward', 'Europe/Berlin', '2026-03-29T12:00', '2026-03-28T23:00'],
    ['after the clock went back', 'Europe/Berlin', '2026-10-25T12:00', '2026-10-24T22:00'],
    ['a day that has no midnight', 'Africa/Cairo', '2026-04-24T12:00', '2026-04-23T22:00'],
    ['a zone of three quarters', 'Asia/Kathmandu', '2026-11-21T00:10', '2026-11-20T18:15'],
    ['the far east of the date line', 'Pacific/Kiritimati', '2026-01-01T00:30', '2025-12-31T10:00'],
  ] as const) {
    it(hazard, () => {
      inTimeZone(zone, () =>
        assert.equal(new Date(startOfToday(new Date(iso))).toISOString(), new Date(`${expected}Z`).toISOString()),
      );
    });
  }
});

describe('startOfDaysAgo', () => {
  for (const [hazard, zone, days, iso, expected] of [
    ['none is today', 'Europe/Berlin', 0, '2026-11-21T15:00', '2026-11-20T23:00'],
    ['a week over a 23-hour day', 'Europe/Berlin', 6, '2026-03-31T12:00', '2026-03-24T23:00'],
    ['a week over a 25-hour day', 'Europe/Berlin', 6, '2026-10-28T12:00', '2026-10-21T22:00'],
    ['over a leap day', 'Europe/Berlin', 1, '2028-03-01T12:00', '2028-02-28T23:00'],
    ['over new year', 'America/Los_Angeles', 29, '2026-01-10T12:00', '2025-12-12T08:00'],
    ['over a day that never was', 'Pacific/Apia', 2, '2011-12-31T12:00', '2011-12-29T10:00'],
  ] as const) {
    it(hazard, () => {
      inTimeZone(zone, () =>
        assert.equal(new Date(startOfDaysAgo(days, new Date(iso))).toISOString(), new Date(`${expected}Z`).toISOString()),
      );
    });
  }
});
