import { describe, expect, it } from '@jest/globals';
import { POD_POLICIES } from '../pod-policies.js';
import { schemaProblems } from '../schemas.js';
import { SET_POLICIES } from '../set-policies.js';
import { FACTS, manifests } from './repository.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- manifests are broken where no type would let us */
type Break = (all: any[]) => void;

const one = (all: any[], kind: string, name: string): any =>
  all.find((each) => each.kind === kind && each.metadata.name === name);
const pod = (all: any[]): any => one(all, 'Deployment', 'telemetry').spec.template.spec;
const container = (all: any[]): any => pod(all).containers[0];
const without = (all: any[], kind: string, name: string): void => {
  all.splice(all.indexOf(one(all, kind, name)), 1);
};

/** By rule: the ways to break it that it has to notice. */
const BREAKS: Record<string, Break[]> = {
  'runs as a user that is not root': [
    (all) => delete pod(all).securityContext.runAsNonRoot,
    (all) => (pod(all).securityContext.runAsUser = 0),
    (all) => (container(all).securityContext.runAsNonRoot = false),
    (all) => (container(all).securityContext.privileged = true),
  ],
  'has a read-only root file system': [
    (all) => (container(all).securityContext.readOnlyRootFilesystem = false),
    (all) => delete pod(all).initContainers[0].securityContext,
  ],
  'drops all capabilities': [
    (all) => delete container(all).securityContext.capabilities,
    (all) => (container(all).securityContext.capabilities.add = ['NET_ADMIN']),
  ],
  'cannot gain privileges': [(all) => delete container(all).securityContext.allowPrivilegeEscalation],
  'has the seccomp profile of the runtime': [
    (all) => delete pod(all).securityContext.seccompProfile,
    (all) => (container(all).securityContext.seccompProfile = { type: 'Unconfined' }),
  ],
  'names its image by a full version': [
    (all) => (container(all).image = 'registry.example.com/gnomon:latest'),
    (all) => (container(all).image = 'registry.example.com:5000/gnomon'),
    (all) => (pod(all).initContainers[0].image = 'gnomon:1'),
  ],
  'asks for CPU and memory, and has a limit of memory': [
    (all) => delete container(all).resources.requests.cpu,
    (all) => delete container(all).resources.limits,
  ],
  'has its three probes': [
    (all) => delete container(all).startupProbe,
    // A slow database must not restart anything.
    (all) => (container(all).livenessProbe.httpGet.path = '/readyz'),
  ],
  'gets no token of a service account': [
    (all) => delete pod(all).automountServiceAccountToken,
    (all) => delete one(all, 'Job', 'migrate').spec.template.spec.serviceAccountName,
  ],
  'gets no variables for Services, which would look like settings': [(all) => delete pod(all).enableServiceLinks],
  'has time to drain': [(all) => (pod(all).terminationGracePeriodSeconds = 20)],
  'is spread over nodes': [(all) => delete pod(all).topologySpreadConstraints],
  'each Deployment has a budget of disruption': [(all) => without(all, 'PodDisruptionBudget', 'policy')],
  'what is not allowed is denied': [
    (all) => without(all, 'NetworkPolicy', 'default-deny'),
    (all) => (one(all, 'NetworkPolicy', 'default-deny').spec.policyTypes = ['Ingress']),
    (all) => (one(all, 'NetworkPolicy', 'default-deny').spec.egress = [{}]),
  ],
  'service accounts mount no token': [
    (all) => delete one(all, 'ServiceAccount', 'gnomon').automountServiceAccountToken,
  ],
  'no more pods of a consumer than partitions': [
    (all) => (one(all, 'ScaledObject', 'telemetry').spec.maxReplicaCount = 9),
    (all) => delete one(all, 'ScaledObject', 'policy').spec.maxReplicaCount,
  ],
  'one thing only decides how many pods there are': [(all) => (one(all, 'Deployment', 'gateway').spec.replicas = 3)],
  'what scales is there': [(all) => without(all, 'Deployment', 'gateway')],
  'consumers scale by the lag that they report': [
    (all) => (one(all, 'ScaledObject', 'policy').spec.triggers[0].type = 'kafka'),
    (all) => (one(all, 'ScaledObject', 'policy').metadata.name = 'other'),
  ],
  'every variable is a setting': [
    (all) => (one(all, 'ConfigMap', 'gnomon').data.GNOMON_KAFKA_BROKER = 'kafka:9092'),
    (all) => (pod(all).initContainers[0].env[0].name = 'DATABASE_URL'),
  ],
  'secrets are referred to, and never here': [
    (all) => all.push({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'gnomon' } }),
    (all) => (one(all, 'ConfigMap', 'gnomon').data.GNOMON_SERVICE_KEY = 'x'),
    (all) => (container(all).env = [{ name: 'GNOMON_DATABASE_URL', value: 'postgres://a:b@c/d' }]),
  ],
  'calls between services reach pods that are not ready yet': [
    (all) => delete one(all, 'Service', 'catalog-rpc').spec.publishNotReadyAddresses,
  ],
  'each Service has pods': [(all) => (one(all, 'Service', 'gateway').spec.selector['app.kubernetes.io/name'] = 'gate')],
};

describe.each([...POD_POLICIES, ...SET_POLICIES])('the rule "$name"', (policy) => {
  it('holds for what is in the repository', () => {
    expect(policy.check(manifests(), FACTS)).toEqual([]);
  });

  it.each(BREAKS[policy.name] ?? [])('notices when it is broken, way %#', (breakIt) => {
    const broken = manifests();
    breakIt(broken);
    expect(policy.check(broken, FACTS)).not.toEqual([]);
  });

  it('is known to notice', () => {
    expect(BREAKS[policy.name]?.length).toBeGreaterThan(0);
  });
});

describe('the schemas of Kubernetes', () => {
  it('refuse fields there are not, at any depth, and name each', async () => {
    const broken = manifests();
    container(broken).imagee = 'x';
    container(broken).readinessProbe.httpGet.pathh = '/';
    one(broken, 'ScaledObject', 'policy').spec.maxReplicas = 3;
    one(broken, 'Ingress', 'gnomon').spec.rules[0].http.paths[2].backend.servce = {};
    expect(await schemaProblems(broken)).toEqual(
      expect.arrayContaining([
        { where: 'Deployment telemetry', what: 'there is no field spec.template.spec.containers[0].imagee' },
        {
          where: 'Deployment telemetry',
          what: 'there is no field spec.template.spec.containers[0].readinessProbe.httpGet.pathh',
        },
        { where: 'ScaledObject policy', what: 'there is no field spec.maxReplicas' },
        { where: 'Ingress gnomon', what: 'there is no field spec.rules[0].http.paths[2].backend.servce' },
      ]),
    );
  });

  it('refuse wrong types, missing fields and kinds there are not; labels may have any name', async () => {
    const broken = manifests();
    one(broken, 'Deployment', 'telemetry').spec.revisionHistoryLimit = 'three';
    one(broken, 'Deployment', 'telemetry').spec.template.metadata.labels['example.com/any'] = 'x';
    delete one(broken, 'ScaledObject', 'policy').spec.triggers;
    broken.push({ apiVersion: 'apps/v1', kind: 'Deploymint', metadata: { name: 'x' } });
    const problems = await schemaProblems(broken);
    expect(problems.map(({ where }) => where).sort()).toEqual([
      'Deployment telemetry',
      'Deploymint x',
      'ScaledObject policy',
    ]);
  });
});
