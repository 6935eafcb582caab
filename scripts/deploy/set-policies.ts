import type { Labels, Manifest, Problem } from './manifest.js';
import { nameOf, ofKind, picks, workloads } from './manifest.js';
import type { Policy } from './policy.js';

const SCALERS = ['HorizontalPodAutoscaler', 'ScaledObject'];
const PREFIX = 'GNOMON_';

function policy(name: string, check: Policy['check']): Policy {
  return {
    name,
    check: (manifests, facts) =>
      check(manifests, facts).map(({ where, what }) => ({ where, what: `${name}: ${what}` })),
  };
}

const at = (manifest: Manifest, what: string): Problem => ({ where: nameOf(manifest), what });

function podLabels(manifest: Manifest): Readonly<Record<string, string>> {
  return manifest.spec?.template?.metadata?.labels ?? {};
}

function deniesAll({ spec }: Manifest): boolean {
  const everyPod = Object.keys(spec?.podSelector ?? { none: true }).length === 0;
  return (
    everyPod &&
    ['Ingress', 'Egress'].every((type) => spec?.policyTypes?.includes(type)) &&
    !spec?.ingress &&
    !spec?.egress
  );
}

/** The most pods of a Deployment that anything here would make. */
function mostReplicas(deployment: Manifest, manifests: readonly Manifest[]): number {
  const scaled = ofKind(manifests, ...SCALERS).filter(
    ({ spec }) => spec?.scaleTargetRef?.name === deployment.metadata.name,
  );
  const most = scaled.map(({ spec }) => spec?.maxReplicas ?? spec?.maxReplicaCount ?? Infinity);
  return Math.max(deployment.spec?.replicas ?? 1, ...most);
}

function variableNames(manifest: Manifest): string[] {
  const { spec } = manifest.spec?.template ?? {};
  const own = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ env }) => env ?? []);
  return [...own.map(({ name }) => name), ...(manifest.kind === 'ConfigMap' ? Object.keys(manifest.data ?? {}) : [])];
}

export const SET_POLICIES: readonly Policy[] = [
  policy('each Deployment has a budget of disruption', (manifests) =>
    ofKind(manifests, 'Deployment')
      .filter((each) => {
        const budgets = ofKind(manifests, 'PodDisruptionBudget');
        return !budgets.some(({ spec }) => picks(spec?.selector, podLabels(each)));
      })
      .map((each) => at(each, 'it has none')),
  ),
  policy('what is not allowed is denied', (manifests) =>
    ofKind(manifests, 'NetworkPolicy').some(deniesAll)
      ? []
      : [{ where: 'NetworkPolicy', what: 'none denies all pods all traffic' }],
  ),
  policy('service accounts mount no token', (manifests) =>
    ofKind(manifests, 'ServiceAccount')
      .filter((each) => each.automountServiceAccountToken !== false)
      .map((each) => at(each, 'it does')),
  ),
  policy('no more pods of a consumer than partitions', (manifests, { partitions }) =>
    ofKind(manifests, 'Deployment').flatMap((each) => {
      const limit = partitions.get(each.metadata.name);
      const most = mostReplicas(each, manifests);
      return limit !== undefined && most > limit ? [at(each, `${most} pods, and ${limit} partitions`)] : [];
    }),
  ),
  policy('one thing only decides how many pods there are', (manifests) =>
    ofKind(manifests, 'Deployment').flatMap((each) => {
      const scalers = ofKind(manifests, ...SCALERS).filter(
        ({ spec }) => spec?.scaleTargetRef?.name === each.metadata.name,
      );
      const deciding = scalers.length + (each.spec?.replicas === undefined ? 0 : 1);
      return deciding > 1 ? [at(each, 'several do')] : [];
    }),
  ),
  policy('what scales is there', (manifests) =>
    ofKind(manifests, ...SCALERS)
      .filter(({ spec }) => {
        const names = ofKind(manifests, 'Deployment').map(({ metadata }) => metadata.name);
        return !names.includes(spec?.scaleTargetRef?.name ?? '');
      })
      .map((each) => at(each, 'it scales a Deployment that is not there')),
  ),
  // Groups commit no offsets to Kafka: to KEDA's `kafka` trigger they would always seem to be at the end, or at the start.
  policy('consumers scale by the lag that they report', (manifests) =>
    ofKind(manifests, 'ScaledObject')
      .filter(({ metadata, spec }) => {
        const query = `gnomon_event_log_consumer_lag{namespace="gnomon",group="${metadata.name}"}`;
        return !spec?.triggers?.some((each) => each.type === 'prometheus' && each.metadata['query']?.includes(query));
      })
      .map((each) => at(each, 'no trigger asks for the lag of its group')),
  ),
  policy('every variable is a setting', (manifests, { settings }) =>
    manifests.flatMap((each) =>
      variableNames(each)
        .filter((name) => !name.startsWith(PREFIX) || !settings.has(name))
        .map((name) => at(each, name)),
    ),
  ),
  policy('secrets are referred to, and never here', (manifests, { settings }) => [
    ...ofKind(manifests, 'Secret').map((each) => at(each, 'it is here')),
    ...manifests.flatMap((each) =>
      variableNames(each)
        .filter((name) => settings.has(name) && isSecret(name) && hasValue(each, name))
        .map((name) => at(each, `${name} has a value`)),
    ),
  ]),
  // A process is ready when it can call the others: each would wait for the others to be listed.
  policy('calls between services reach pods that are not ready yet', (manifests) =>
    ofKind(manifests, 'Service')
      .filter(({ spec }) => spec?.ports?.some(({ port }) => port === 9090) && !spec.publishNotReadyAddresses)
      .map((each) => at(each, 'it does not publish them')),
  ),
  policy('each Service has pods', (manifests) =>
    ofKind(manifests, 'Service')
      .filter((each) => {
        const labels: Labels | undefined = each.spec?.selector;
        return !workloads(manifests).some((pods) => picks({ matchLabels: labels ?? { none: '' } }, podLabels(pods)));
      })
      .map((each) => at(each, 'its selector picks none')),
  ),
];

function isSecret(name: string): boolean {
  return /PASSWORD|SECRET_KEY|SERVICE_KEY|DATABASE_URL|REDIS_URL/.test(name);
}

function hasValue(manifest: Manifest, name: string): boolean {
  if (manifest.data?.[name]) return true;
  const { spec } = manifest.spec?.template ?? {};
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some((container) =>
    container.env?.some((each) => each.name === name && each.value),
  );
}
