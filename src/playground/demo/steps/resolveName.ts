import type { Step } from '../step.ts';

export const resolveName: Step = {
  title: 'A name that resolves',
  story: `A pod asks the cluster's DNS address, as its /etc/resolv.conf says. The agent on its own node answers, with
    no address translation on the way and no cache in between.`,
  async run(stage) {
    await stage.run('client-1', 'cat /etc/resolv.conf');
    const dug = await stage.eventually(
      'client-1',
      'dig +short +time=1 web.shop.svc.cluster.local',
      ({ text }) => /^10\.96\.\d+\.\d+\n$/.test(text),
      "the Service's clusterIP",
    );
    const clusterIP = dug.text.trim();
    const found = await stage.run('client-1', 'getent ahostsv4 web');
    stage.check(found.text.includes(clusterIP), `${clusterIP}, through the search list`, found);
    const srv = await stage.run('client-2', 'dig +short SRV _http._tcp.web.shop.svc.cluster.local');
    stage.check(/ 80 web\.shop\.svc\.cluster\.local\.$/m.test(srv.text), 'port 80 in the SRV record', srv);
    const none = await stage.run('client-2', 'dig nothing.shop.svc.cluster.local | grep status:');
    stage.check(none.text.includes('NXDOMAIN'), 'NXDOMAIN for a name that does not exist', none);
  },
};
