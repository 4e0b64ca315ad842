/**
 * Names of the cluster in `support/cluster.ts`, and what they are answered: a question, then NODATA, a denial's rcode,
 * or the answers, and behind a `+` what comes along. A row keeps its number for good, so that a failure, and what was
 * said of one, can be found again; what a row cannot say has its number in a test of its own beside this file.
 */

export const RECORD_ROWS = `
K01 svc1.testns.svc A
  svc1.testns.svc 5 A 10.0.0.1

K02 svcempty.testns.svc A
  svcempty.testns.svc 5 A 10.0.0.10

K03 svc1.testns.svc SRV
  svc1.testns.svc 5 SRV 0 100 80 svc1.testns.svc
  + svc1.testns.svc 5 A 10.0.0.1

K04 svcempty.testns.svc SRV
  svcempty.testns.svc 5 SRV 0 100 80 svcempty.testns.svc
  + svcempty.testns.svc 5 A 10.0.0.10

K05 svc6.testns.svc SRV
  svc6.testns.svc 5 SRV 0 100 80 svc6.testns.svc
  + svc6.testns.svc 5 AAAA 1234:abcd::1

K06 _http._tcp.svc1.testns.svc SRV
  _http._tcp.svc1.testns.svc 5 SRV 0 100 80 svc1.testns.svc
  + svc1.testns.svc 5 A 10.0.0.1

K06a http.tcp.svc1.testns.svc SRV
  http.tcp.svc1.testns.svc 5 SRV 0 100 80 svc1.testns.svc
  + svc1.testns.svc 5 A 10.0.0.1

K06b _._tcp.svc-two-ports.testns.svc SRV
  _._tcp.svc-two-ports.testns.svc 5 SRV 0 100 80 svc-two-ports.testns.svc
  + svc-two-ports.testns.svc 5 A 10.0.0.4

K06c _http._tcp.svc1.testns.svc A
  _http._tcp.svc1.testns.svc 5 A 10.0.0.1

K06d _bogus._tcp.svc1.testns.svc SRV
  NXDOMAIN

K06e _http._udp.svc1.testns.svc A
  NXDOMAIN

K06f _tcp.svc1.testns.svc A
  NODATA

K06g _udp.svc1.testns.svc A
  NXDOMAIN

K06h _tcp.hdls1.testns.svc SRV
  NODATA

K06i one.two.three.svc1.testns.svc A
  NXDOMAIN

K06j _http._tcp.172-0-0-2.hdls1.testns.svc SRV
  NXDOMAIN

K06k _*._tcp.svc1.testns.svc SRV
  NXDOMAIN

K07 _http._tcp.svcempty.testns.svc SRV
  _http._tcp.svcempty.testns.svc 5 SRV 0 100 80 svcempty.testns.svc
  + svcempty.testns.svc 5 A 10.0.0.10

K07a svc-two-ports.testns.svc SRV
  svc-two-ports.testns.svc 5 SRV 0 50 80 svc-two-ports.testns.svc
  svc-two-ports.testns.svc 5 SRV 0 50 53 svc-two-ports.testns.svc
  + svc-two-ports.testns.svc 5 A 10.0.0.4

K07b svc-unnamed.testns.svc SRV
  svc-unnamed.testns.svc 5 SRV 0 100 8080 svc-unnamed.testns.svc
  + svc-unnamed.testns.svc 5 A 10.0.0.5

K07c svc-unallocated.testns.svc A
  NODATA

K07d svc-unallocated.testns.svc SRV
  NODATA

K07e svc-unallocated.testns.svc AAAA
  NODATA

K07f svc-balanced.testns.svc A
  svc-balanced.testns.svc 5 A 10.0.0.11

K07g svc-balanced.testns.svc SRV
  svc-balanced.testns.svc 5 SRV 0 100 80 svc-balanced.testns.svc
  + svc-balanced.testns.svc 5 A 10.0.0.11

K08 hdls1.testns.svc A
  hdls1.testns.svc 5 A 172.0.0.2
  hdls1.testns.svc 5 A 172.0.0.3
  hdls1.testns.svc 5 A 172.0.0.4
  hdls1.testns.svc 5 A 172.0.0.5

K09 hdlsprtls.testns.svc A
  hdlsprtls.testns.svc 5 A 172.0.0.20

K09a hdlsprtls.testns.svc SRV
  NODATA

K09b _http._tcp.hdlsprtls.testns.svc A
  NXDOMAIN

K10 svc1.testns.svc AAAA
  NODATA

K11 svc0.testns.svc AAAA
  NXDOMAIN

K11a svc0.testns.svc A
  NXDOMAIN

K12 svc0.svc-nons.svc A
  NXDOMAIN

K13 dns-version TXT
  dns-version 28800 TXT "1.1.0"

K13a dns-version A
  NODATA

K13b old.dns-version TXT
  NXDOMAIN

K14 svc1.testns.svc TXT
  NODATA

K14a svc1.testns.svc MX
  NODATA

K14b svc1.testns.svc UNKNOWN_65
  NODATA

K14c svc1.testns.svc PTR
  NODATA

K14d svc1.testns.svc ANY
  svc1.testns.svc 5 HINFO "RFC8482" ""

K14e svc0.testns.svc ANY
  NXDOMAIN

K14f svc TXT
  NODATA

K14g pod TXT
  NODATA

K14h testns.svc TXT
  NODATA

K14i testns.svc ANY
  testns.svc 5 HINFO "RFC8482" ""

K15 svc0.svc-nons.svc TXT
  NXDOMAIN

K16 bogusendpoint.hdls1.testns.svc A
  NXDOMAIN

K16a hdls-unready.testns.svc A
  NXDOMAIN

K16b 172-0-0-30.hdls-unready.testns.svc A
  NXDOMAIN

K16c ep-one.svc1.testns.svc A
  ep-one.svc1.testns.svc 5 A 172.0.1.1

K16d 172-0-1-3.svc1.testns.svc A
  172-0-1-3.svc1.testns.svc 5 A 172.0.1.3

K16e 172-0-1-2.svc1.testns.svc A
  NXDOMAIN

K16f ep-one.svc1.testns.svc SRV
  ep-one.svc1.testns.svc 5 SRV 0 100 80 ep-one.svc1.testns.svc
  + ep-one.svc1.testns.svc 5 A 172.0.1.1

K16g hdls-publish.testns.svc A
  hdls-publish.testns.svc 5 A 172.0.0.50

K16h 172-0-0-51.hdls-publish.testns.svc A
  NXDOMAIN

K17 bogusendpoint.svc0.testns.svc A
  NXDOMAIN

K18 svc6.testns.svc AAAA
  svc6.testns.svc 5 AAAA 1234:abcd::1

K19 _http._tcp.svc6.testns.svc SRV
  _http._tcp.svc6.testns.svc 5 SRV 0 100 80 svc6.testns.svc
  + svc6.testns.svc 5 AAAA 1234:abcd::1

K20 hdls1.testns.svc AAAA
  hdls1.testns.svc 5 AAAA 5678:abcd::1
  hdls1.testns.svc 5 AAAA 5678:abcd::2

K20a hdls-six.testns.svc A
  NODATA

K20b hdls-six.testns.svc AAAA
  hdls-six.testns.svc 5 AAAA 2001:db8::

K20c hdls-fqdn.testns.svc A
  NXDOMAIN

K20d hdls-both.testns.svc A
  hdls-both.testns.svc 5 A 172.0.0.60

K20e hdls-both.testns.svc CNAME
  NODATA

K21 svc A
  NODATA

K21a pod A
  NODATA

K21b testns.svc A
  NODATA

K21c testns.pod A
  NODATA

K21d svc-nons.svc A
  NXDOMAIN

K22 svc NS
  NODATA

K22a testns.svc NS
  NODATA

K23 foo NS
  NXDOMAIN

K23a foo.svc NS
  NXDOMAIN

K23b foo SOA
  NXDOMAIN

K23c foo.bar.baz A
  NXDOMAIN

K23d google.com.testns.svc AAAA
  NXDOMAIN

K24 svc-dual-stack.testns.svc A
  svc-dual-stack.testns.svc 5 A 10.0.0.3

K24a svc-dual-stack.testns.svc AAAA
  svc-dual-stack.testns.svc 5 AAAA 10::3

K25 svc-dual-stack.testns.svc SRV
  svc-dual-stack.testns.svc 5 SRV 0 50 80 svc-dual-stack.testns.svc
  + svc-dual-stack.testns.svc 5 A 10.0.0.3
  + svc-dual-stack.testns.svc 5 AAAA 10::3

K26 svc1.testns.svc SOA
  NODATA

K27 endpoint.external.testns.svc CNAME
  NXDOMAIN

K27a subdomain.subdomain.external.testns.svc CNAME
  NXDOMAIN

K27b _http._tcp.external.testns.svc SRV
  NXDOMAIN

K27c _tcp.external.testns.svc SRV
  NXDOMAIN

K28 _http._tcp.hdls1.testns.svc SRV
  _http._tcp.hdls1.testns.svc 5 SRV 0 16 80 172-0-0-2.hdls1.testns.svc
  _http._tcp.hdls1.testns.svc 5 SRV 0 16 80 172-0-0-3.hdls1.testns.svc
  _http._tcp.hdls1.testns.svc 5 SRV 0 16 80 5678-abcd--1.hdls1.testns.svc
  _http._tcp.hdls1.testns.svc 5 SRV 0 16 80 5678-abcd--2.hdls1.testns.svc
  _http._tcp.hdls1.testns.svc 5 SRV 0 16 80 dup-name.hdls1.testns.svc
  + 172-0-0-2.hdls1.testns.svc 5 A 172.0.0.2
  + 172-0-0-3.hdls1.testns.svc 5 A 172.0.0.3
  + dup-name.hdls1.testns.svc 5 A 172.0.0.4
  + dup-name.hdls1.testns.svc 5 A 172.0.0.5
  + 5678-abcd--1.hdls1.testns.svc 5 AAAA 5678:abcd::1
  + 5678-abcd--2.hdls1.testns.svc 5 AAAA 5678:abcd::2

K28a hdls-twice.testns.svc SRV
  hdls-twice.testns.svc 5 SRV 0 50 8080 172-0-0-40.hdls-twice.testns.svc
  hdls-twice.testns.svc 5 SRV 0 50 8443 172-0-0-40.hdls-twice.testns.svc
  + 172-0-0-40.hdls-twice.testns.svc 5 A 172.0.0.40

K28b hdls-twice.testns.svc A
  hdls-twice.testns.svc 5 A 172.0.0.40

K28c _tls._tcp.hdls-twice.testns.svc SRV
  _tls._tcp.hdls-twice.testns.svc 5 SRV 0 100 8443 172-0-0-40.hdls-twice.testns.svc
  + 172-0-0-40.hdls-twice.testns.svc 5 A 172.0.0.40

K29 5678-abcd--2.hdls1.testns.svc AAAA
  5678-abcd--2.hdls1.testns.svc 5 AAAA 5678:abcd::2

K29a 5678-abcd--1.hdls1.testns.svc AAAA
  5678-abcd--1.hdls1.testns.svc 5 AAAA 5678:abcd::1

K29b 2001-db8--0.hdls-six.testns.svc AAAA
  2001-db8--0.hdls-six.testns.svc 5 AAAA 2001:db8::

K30 172-0-0-20.hdlsprtls.testns.svc A
  172-0-0-20.hdlsprtls.testns.svc 5 A 172.0.0.20

K30a 172-0-0-2.hdls1.testns.svc A
  172-0-0-2.hdls1.testns.svc 5 A 172.0.0.2

K31 dup-name.hdls1.testns.svc A
  dup-name.hdls1.testns.svc 5 A 172.0.0.4
  dup-name.hdls1.testns.svc 5 A 172.0.0.5

K31a 172-0-0-4.hdls1.testns.svc A
  NXDOMAIN

K32 external.testns.svc CNAME
  external.testns.svc 5 CNAME ext.interwebs.test.

K32a external-address.testns.svc A
  NXDOMAIN

K32b external-digits.testns.svc CNAME
  external-digits.testns.svc 5 CNAME 010.1.2.3.

K34 external-to-service.testns.svc A
  external-to-service.testns.svc 5 CNAME svc1.testns.svc
  svc1.testns.svc 5 A 10.0.0.1

K34a external-to-service.testns.svc SRV
  external-to-service.testns.svc 5 CNAME svc1.testns.svc
  svc1.testns.svc 5 SRV 0 100 80 svc1.testns.svc
  + svc1.testns.svc 5 A 10.0.0.1

K34b external-to-six.testns.svc A
  NODATA

K34c external-to-six.testns.svc AAAA
  external-to-six.testns.svc 5 CNAME svc6.testns.svc
  svc6.testns.svc 5 AAAA 1234:abcd::1

K34d external-to-nothing.testns.svc A
  NODATA

K34e loop.testns.svc A
  NODATA

K34f loop.testns.svc CNAME
  loop.testns.svc 5 CNAME loop.testns.svc

K34g chain-11.testns.svc A
  chain-11.testns.svc 5 CNAME chain-10.testns.svc
  chain-10.testns.svc 5 CNAME chain-9.testns.svc
  chain-9.testns.svc 5 CNAME chain-8.testns.svc
  chain-8.testns.svc 5 CNAME chain-7.testns.svc
  chain-7.testns.svc 5 CNAME chain-6.testns.svc
  chain-6.testns.svc 5 CNAME chain-5.testns.svc
  chain-5.testns.svc 5 CNAME chain-4.testns.svc
  chain-4.testns.svc 5 CNAME chain-3.testns.svc
  chain-3.testns.svc 5 CNAME chain-2.testns.svc
  chain-2.testns.svc 5 CNAME chain-1.testns.svc
  chain-1.testns.svc 5 CNAME svc1.testns.svc
  svc1.testns.svc 5 A 10.0.0.1

K34h chain-12.testns.svc A
  NODATA

K35 @ SOA
  @ 5 SOA ns.dns hostmaster 1767225600 7200 1800 86400 5

K35a @ A
  NODATA

K35b @ AAAA
  NODATA

K35c @ SRV
  NODATA

K35d @ HINFO
  NODATA

K35e @ TXT
  NODATA

K35f @ CNAME
  NODATA

K35g @ ANY
  @ 5 HINFO "RFC8482" ""

K35h @ DS
  REFUSED

K36 @ NS
  @ 5 NS kube-dns.kube-system.svc
  + kube-dns.kube-system.svc 5 A 10.0.0.250
  + kube-dns.kube-system.svc 5 AAAA fd00::250

K36a ns.dns A
  ns.dns 5 A 10.0.0.250

K36b ns.dns AAAA
  ns.dns 5 AAAA fd00::250

K36c ns.dns TXT
  NODATA

K36d dns A
  NODATA

K36e mail.dns A
  NXDOMAIN

K43 10-240-0-1.podns.pod A
  10-240-0-1.podns.pod 5 A 10.240.0.1

K43a 172-0-0-2.podns.pod A
  172-0-0-2.podns.pod 5 A 172.0.0.2

K43b 172-0-0-2.podns.pod AAAA
  NODATA

K43c 5678-abcd--2.podns.pod AAAA
  5678-abcd--2.podns.pod 5 AAAA 5678:abcd::2

K43d blah.podns.pod A
  NXDOMAIN

K43e blah.podns.pod AAAA
  NXDOMAIN

K43f blah.podns.pod HINFO
  NXDOMAIN

K43g blah.pod-nons.pod A
  NXDOMAIN

K43h podns.pod A
  NODATA

K43i 10-240-0-1.podns.pod SRV
  NODATA

K43j a.10-240-0-1.podns.pod A
  NXDOMAIN

K43k 010-240-0-1.podns.pod A
  NXDOMAIN

K45 172-0-0-2.cluster1.hdls1.testns.svc A
  skip multicluster zones are not offered

K46 zone-a.pin._zone.hdls1.testns.svc A
  skip names by topology zone are not offered

K47 172-0-0-2.podns.pood A
  NXDOMAIN

K47a a.b.c.d.e.f.g.testns.svc A
  NXDOMAIN

K47b *.testns.svc A
  NXDOMAIN

K47c *.svc1.testns.svc A
  NXDOMAIN

K47d *.*.svc A
  NXDOMAIN

K47e any.testns.svc A
  NXDOMAIN

K47f *.podns.pod A
  NXDOMAIN

K47g svc1.testns.federation.svc A
  NXDOMAIN

K52 @ AXFR
  REFUSED

K52a svc1.testns.svc IXFR
  REFUSED
`;

export const REVERSE_ROWS = `
P01 100.0.0.10.in-addr.arpa. PTR
  100.0.0.10.in-addr.arpa. 5 PTR ep1a.svc1.testns.svc

P02 100.1.168.192.in-addr.arpa. PTR
  100.1.168.192.in-addr.arpa. 5 PTR svc1.testns.svc

P02a 5.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.d.f.ip6.arpa. PTR
  5.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.d.f.ip6.arpa. 5 PTR svc2.testns.svc

P03 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa. PTR
  1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa. 5 PTR ep1b.svc1.testns.svc

P03a a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa. PTR
  a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa. 5 PTR ip6svc1ex.svc1.testns.svc

P03b 6.a.b.9.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa. PTR
  6.a.b.9.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa. 5 PTR ip6svc1in.svc1.testns.svc

P03c 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR
  0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 5 PTR 2001-db8--0.svc1.testns.svc

P04 101.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P04a 98.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P04b 0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P04c 1.100.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P04d 100.0.0.010.in-addr.arpa. PTR
  NXDOMAIN

P04e 0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa. PTR
  NXDOMAIN

P04f 4.6.0.0.0.0.a.0.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. PTR
  NXDOMAIN

P04g 256.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P04h *.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P04i g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa. PTR
  NXDOMAIN

P05 example.org PTR
  NXDOMAIN

P05a svc1.testns.svc PTR
  NODATA

P06 svc1.testns.svc.0.10.in-addr.arpa. A
  NXDOMAIN

P06a 100.0.0.10 PTR
  NXDOMAIN

P06b 100.0.0.10.in-addr.arpa. A
  NODATA

P06c dns-version.in-addr.arpa. TXT
  NXDOMAIN

P06f ns.dns.ip6.arpa. A
  NXDOMAIN

P06g svc.in-addr.arpa. A
  NXDOMAIN

P06h 100.0.0.10.in-addr.arpa. SOA
  NODATA

P06d in-addr.arpa. A
  NODATA

P06e in-addr.arpa. SOA
  in-addr.arpa. 5 SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. 1767225600 7200 1800 86400 5

P07 99.0.0.10.in-addr.arpa. PTR
  99.0.0.10.in-addr.arpa. 5 PTR double.svc1.testns.svc
  99.0.0.10.in-addr.arpa. 5 PTR double.svc2.testns.svc

P07a 97.0.0.10.in-addr.arpa. PTR
  97.0.0.10.in-addr.arpa. 5 PTR 10-0-0-97.svc2.testns.svc

P08 96.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P08a 95.0.0.10.in-addr.arpa. PTR
  NXDOMAIN

P09 102.1.168.192.in-addr.arpa. PTR
  NXDOMAIN

P09a 94.0.0.10.in-addr.arpa. PTR
  NXDOMAIN
`;
