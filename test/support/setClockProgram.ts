/**
 * `node --import setClockProgram.ts …`: the program's wall clock is three hours fast from the first SIGUSR2 on, three
 * hours slow from the second on, and so forth. Only what this process reads as `Date` is moved, as when somebody sets
 * the machine's clock; timers and `performance.now()` go on, as they do then.
 */
const HOURS_3 = 3 * 3_600_000;
const RealDate = Date;
let moved = 0;

const now = (): number => RealDate.now() + moved;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
process.on('SIGUSR2', () => {
  moved = moved > 0 ? -HOURS_3 : HOURS_3;
});
