/** `2026-01-01T00:00:00Z`: the API's times have whole seconds. */
export function timestamp(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}
