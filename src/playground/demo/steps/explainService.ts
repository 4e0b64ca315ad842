import { HERE, type Manifest, type Step } from '../step.ts';

/** Its selector has a slip of the pen. */
const CART: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'cart' },
  spec: { selector: { app: 'wbe' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};

export const explainService: Step = {
  title: 'A Service that does not answer, explained',
  story: `Somebody makes a Service with a slip in its selector. The agent is asked why it does not work: it knows the
    objects, the names, the rules in the kernel and what becomes of a connection, so its first line is the cause.`,
  async run(stage) {
    await stage.run(HERE, stage.api.apply(CART));
    await stage.eventually(
      'node-1',
      'fairlead explain shop/cart',
      ({ code, text }) => code === 1 && text.includes('its selector matches no pod'),
      'the selector to be named as the cause',
    );
    await stage.run(HERE, stage.api.patchService('cart', { spec: { selector: { app: 'web' } } }));
    await stage.eventually(
      'node-1',
      'fairlead explain shop/cart --from 10.244.1.2',
      ({ code, text }) => code === 0 && text.startsWith('shop/cart works'),
      'it to work as soon as the selector is right',
    );
  },
};
