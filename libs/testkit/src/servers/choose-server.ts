/** Where a server for a test can come from. */
export interface ServerSources {
  /** A variable of the environment names one that runs. */
  readonly named: boolean;
  /** A Docker daemon answers. Asked only where it matters: it takes a moment. */
  readonly docker: () => boolean;
  /** It can run as a process of this machine. */
  readonly native: () => boolean;
}

export interface ServerNeeds {
  /** Whether it must be a process of the test's own: it will be killed, or its data lives in a directory. */
  readonly own?: boolean;
  /** Which one is taken first where both can be had. */
  readonly prefer: 'docker' | 'native';
}

/** @returns undefined where there can be none */
export function chooseServer(sources: ServerSources, needs: ServerNeeds): 'named' | 'docker' | 'native' | undefined {
  if (needs.own) return sources.native() ? 'native' : undefined;
  if (sources.named) return 'named';
  const order = needs.prefer === 'docker' ? (['docker', 'native'] as const) : (['native', 'docker'] as const);
  return order.find((source) => sources[source]());
}
