import type { Container, Manifest, PodSpec } from './manifest.js';
import { nameOf, workloads } from './manifest.js';
import type { Policy } from './policy.js';

/** A rule for each container of each pod. */
function eachContainer(name: string, holds: (container: Container, pod: PodSpec) => boolean): Policy {
  return eachPod(name, (pod) =>
    [...(pod.initContainers ?? []), ...pod.containers].filter((each) => !holds(each, pod)).map((each) => each.name),
  );
}

/** A rule for each pod. @param broken what of the pod does not hold to it; empty where all does */
function eachPod(name: string, broken: (pod: PodSpec, manifest: Manifest) => readonly string[]): Policy {
  return {
    name,
    check: (manifests) =>
      workloads(manifests).flatMap((manifest) =>
        broken(manifest.spec.template.spec, manifest).map((what) => ({
          where: nameOf(manifest),
          what: `${name}: ${what}`,
        })),
      ),
  };
}

/** A rule for each pod that serves, which those of a Job do not. */
function eachService(name: string, broken: (pod: PodSpec) => readonly string[]): Policy {
  return eachPod(name, (pod, { kind }) => (kind === 'Deployment' ? broken(pod) : []));
}

const PROBES = [
  ['startupProbe', '/healthz'],
  ['livenessProbe', '/healthz'],
  ['readinessProbe', '/readyz'],
] as const;
/** 25 s to drain, and what comes before. */
const MIN_GRACE_SECONDS = 30;
const VERSIONED = /^[^:@]+(:\d+)?(\/[^:@]+)*:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$/;

/** Whether an image is named by its full version. */
export function isPinned(image: string): boolean {
  return VERSIONED.test(image);
}

export const POD_POLICIES: readonly Policy[] = [
  eachContainer('runs as a user that is not root', (container, pod) => {
    const context = { ...pod.securityContext, ...container.securityContext };
    return context.runAsNonRoot === true && (context.runAsUser ?? 0) > 0 && context.privileged !== true;
  }),
  eachContainer('has a read-only root file system', ({ securityContext }) =>
    Boolean(securityContext?.readOnlyRootFilesystem),
  ),
  eachContainer('drops all capabilities', ({ securityContext }) => {
    const { drop = [], add = [] } = securityContext?.capabilities ?? {};
    return drop.includes('ALL') && add.length === 0;
  }),
  eachContainer('cannot gain privileges', ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false),
  eachContainer('has the seccomp profile of the runtime', (container, pod) => {
    const context = { ...pod.securityContext, ...container.securityContext };
    return context.seccompProfile?.type === 'RuntimeDefault';
  }),
  eachContainer('names its image by a full version', ({ image }) => isPinned(image)),
  eachContainer('asks for CPU and memory, and has a limit of memory', ({ resources }) =>
    Boolean(resources?.requests?.['cpu'] && resources.requests['memory'] && resources.limits?.['memory']),
  ),
  eachService('has its three probes', (pod) =>
    pod.containers.flatMap((container) =>
      PROBES.filter(([probe, path]) => container[probe]?.httpGet?.path !== path).map(([probe]) => probe),
    ),
  ),
  eachPod('gets no token of a service account', (pod) =>
    pod.automountServiceAccountToken === false && pod.serviceAccountName && pod.serviceAccountName !== 'default'
      ? []
      : ['pod'],
  ),
  eachPod('gets no variables for Services, which would look like settings', (pod) =>
    pod.enableServiceLinks === false ? [] : ['pod'],
  ),
  eachService('has time to drain', (pod) =>
    (pod.terminationGracePeriodSeconds ?? 0) >= MIN_GRACE_SECONDS ? [] : ['pod'],
  ),
  eachService('is spread over nodes', (pod) => (pod.topologySpreadConstraints?.length ? [] : ['pod'])),
];
