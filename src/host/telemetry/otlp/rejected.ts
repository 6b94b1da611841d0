/** How many a collector says that it did not take. A reply that is no reply says nothing: the status has said that they were taken. */
export function rejectedIn(read: () => number | string | undefined): number {
  try {
    // JSON has 64-bit numbers as text.
    const count = Number(read() ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  } catch {
    return 0;
  }
}
