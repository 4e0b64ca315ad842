import { HERE, type Manifest, type Step } from '../step.ts';

const WEB: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: {
    type: 'NodePort',
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }],
  },
};

export const applyService: Step = {
  title: 'A Service is made',
  story: `Four pods labelled app=web run on two nodes. A Service gives them one name and one address. Nothing but
    the API server hears of it; both agents watch there.`,
  async run(stage) {
    const applied = await stage.run(HERE, stage.api.apply(WEB));
    stage.check(
      /service\/web created|status 201/.test(applied.text),
      'the API server to create the Service',
      applied,
    );
    await stage.eventually(
      HERE,
      stage.api.endpoints('web'),
      ({ text }) => (text.match(/10\.244\.[12]\.\d+/g) ?? []).length >= 3,
      'the addresses of the web pods in EndpointSlices',
    );
  },
};
