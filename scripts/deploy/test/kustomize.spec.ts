import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { renderKustomization } from '../kustomize.js';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers:
        - { name: web, image: app, args: [a, b], env: [{ name: A, value: '1' }] }
        - { name: side, image: 'other:1.0.0' }
`;

describe('a kustomization', () => {
  let directory = '';

  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-kustomize-'));
    write('base/kustomization.yaml', 'resources: [web.yaml]\nnamespace: here\n');
    write('base/web.yaml', DEPLOYMENT);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  }

  const render = (text: string): unknown => {
    write('top/kustomization.yaml', text);
    return renderKustomization(path.join(directory, 'top'));
  };

  it('takes the folder it builds on, names the image, sets the replicas, and patches by name', () => {
    write(
      'top/patch.yaml',
      `kind: Deployment
metadata: { name: web }
spec: { template: { spec: { containers: [{ name: web, args: [c], env: [{ name: B, value: '2' }] }] } } }
`,
    );
    const top = `resources: [../base]
images: [{ name: app, newName: host:5000/app, newTag: 2.0.0 }]
replicas: [{ name: web, count: 3 }]
patches: [{ path: patch.yaml }]
`;
    expect(render(top)).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'here' },
        spec: {
          replicas: 3,
          template: {
            spec: {
              containers: [
                {
                  name: 'web',
                  image: 'host:5000/app:2.0.0',
                  args: ['c'],
                  env: [
                    { name: 'B', value: '2' },
                    { name: 'A', value: '1' },
                  ],
                },
                { name: 'side', image: 'other:1.0.0' },
              ],
            },
          },
        },
      },
    ]);
  });

  it.each([
    ['resources: [../base]\nhelmCharts: []\n', '"helmCharts" is not understood here'],
    ['resources: [../bse]\n', 'bse is not there'],
    ['resources: [../base]\nreplicas: [{ name: wbe, count: 2 }]\n', 'no Deployment "wbe"'],
    ['resources: [../base]\nresources: []\n', 'keys must be unique'],
    ['resources: [../base]\npatches: [{ path: ../base/web.yaml, target: { kind: Job } }]\n', 'patches nothing'],
  ])('refuses what it does not understand: %j', (text, reason) => {
    expect(() => render(text)).toThrow(reason);
  });
});
