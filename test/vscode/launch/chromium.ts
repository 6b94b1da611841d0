import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A headless Chromium: the one named by CHROMIUM, else the first one in the usual places. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? USUAL_PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium was found. Install it (on Debian: apt-get install chromium) or name one in the variable CHROMIUM.',
    );
  }
  return chromium.launch({
    executablePath,
    headless: true,
    // The sandbox refuses to run as root, and root is who runs in a container. Only our own server's pages are opened.
    chromiumSandbox: false,
    // playwright would end the process on these signals before a runner has stopped its servers.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
