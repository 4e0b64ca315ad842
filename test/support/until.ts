/** Waits, by the real clock, until something that sockets or threads bring about has come true; the runner bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
