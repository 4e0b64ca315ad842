import { expect, test } from 'vitest';
import { billOfMaterials, type ImageContents } from '../../scripts/image/sbom.ts';

const CONTENTS: ImageContents = {
  version: '1.2.3',
  architecture: 'arm64',
  created: '2026-11-22T10:00:00Z',
  npm: [
    { name: '@scope/name', version: '4.5.6', license: 'MIT', integrity: 'sha512-AAEC' },
    { name: 'plain', version: '1.0.0' },
  ],
  dpkg: [
    'Package: libgcc-s1\nStatus: install ok installed\nArchitecture: arm64\nSource: gcc-14 (14.2.0)\nVersion: 14.2.0-19\n',
    'Package: nftables\nArchitecture: arm64\nVersion: 1.1.3-1+b1\nDescription: rules\n Version: none of it\n',
  ],
};

const bill = (contents: ImageContents): unknown => JSON.parse(billOfMaterials(contents));

test('names each package as scanners look it up', () => {
  const refs = [
    'pkg:npm/%40scope/name@4.5.6',
    'pkg:npm/plain@1.0.0',
    'pkg:deb/debian/libgcc-s1@14.2.0-19?arch=arm64&upstream=gcc-14',
    'pkg:deb/debian/nftables@1.1.3-1%2Bb1?arch=arm64&upstream=nftables',
  ];
  expect(bill(CONTENTS)).toMatchObject({
    bomFormat: 'CycloneDX',
    components: refs.map((purl) => ({ purl, 'bom-ref': purl })),
    dependencies: [{ ref: 'image', dependsOn: refs }],
  });
});

test("has npm's licence and digest where the lock file has them", () => {
  expect(bill(CONTENTS)).toMatchObject({
    components: [
      { licenses: [{ expression: 'MIT' }], hashes: [{ alg: 'SHA-512', content: '000102' }] },
      { name: 'plain' },
      { name: 'libgcc-s1', version: '14.2.0-19' },
      {},
    ],
  });
});

test('a package that came by two ways is named once', () => {
  const { npm } = CONTENTS;
  expect(bill({ ...CONTENTS, npm: [...npm, ...npm] })).toMatchObject({ components: [{}, {}, {}, {}] });
});

test('has a number of its own for each contents, and the same for the same', () => {
  expect(billOfMaterials(CONTENTS)).toBe(billOfMaterials(CONTENTS));
  const number =
    /"serialNumber": "(urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12})"/;
  const numbers = [CONTENTS, { ...CONTENTS, version: '1.2.4' }].map(
    (contents) => number.exec(billOfMaterials(contents))?.[1],
  );
  expect(new Set(numbers).size).toBe(2);
  expect(numbers).not.toContain(undefined);
});
