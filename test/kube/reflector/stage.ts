import { setImmediate as turn } from 'node:timers/promises';
import { projectObject } from '../../../src/kube/project/project.ts';
import { LinkReport } from '../../../src/kube/reflector/linkReport.ts';
import { Reflector } from '../../../src/kube/reflector/reflector.ts';
import { resourceOf } from '../../../src/kube/reflector/resource.ts';
import { TurnBudget } from '../../../src/kube/stream/turnBudget.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeLog } from '../../fake/log.ts';
import { Consumer } from './consumer.ts';
import { ModelServer } from './modelServer.ts';

/** A reflector of Services between a model server and a consumer, on a clock that the test moves. */
export class Stage {
  readonly clock: FakeClock = new FakeClock();
  readonly log: FakeLog = new FakeLog();
  readonly server: ModelServer = new ModelServer(this.clock);
  readonly consumer: Consumer = new Consumer();
  readonly reflector: Reflector;

  /** `random` 1 makes every wait its longest, and so predictable. */
  constructor(random: () => number = () => 0.999_999) {
    this.reflector = new Reflector({
      resource: resourceOf('Service', 'worker-1', 'all'),
      server: () => 'https://10.0.0.1:6443',
      transport: this.server,
      watcher: this.consumer,
      project: projectObject,
      clock: this.clock,
      random,
      budget: new TurnBudget(this.clock),
      report: new LinkReport(this.clock, this.log),
      log: this.log,
    });
  }

  /** Lets everything that is due at this moment happen. */
  async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      await turn();
      await this.clock.advance(0);
    }
  }

  /** Moves the clock in steps, so that what a timer starts has the time to go on. */
  async pass(ms: number, step = 1000): Promise<void> {
    await this.settle();
    for (let left = ms; left > 0; left -= step) {
      await this.clock.advance(Math.min(step, left));
      await this.settle();
    }
  }
}
