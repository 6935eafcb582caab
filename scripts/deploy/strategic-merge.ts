/** Anything that YAML can say. */
export type Node = string | number | boolean | null | Node[] | { [key: string]: Node };
export type MapNode = { [key: string]: Node };

/** Lists whose elements are merged by a key of theirs; every other list is replaced. The few of Kubernetes' that we patch. */
const KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  topologySpreadConstraints: 'topologyKey',
};

export function isMap(node: Node | undefined): node is MapNode {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

/** The patch laid over what is there, as Kubernetes merges strategically: maps by key, named lists by name, null removes. */
export function strategicMerge(base: MapNode, patch: MapNode): MapNode {
  const merged: MapNode = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) throw new Error(`The patch directive "${key}" is not understood here.`);
    const before = merged[key];
    if (value === null) delete merged[key];
    else if (isMap(value)) merged[key] = strategicMerge(isMap(before) ? before : {}, value);
    else if (Array.isArray(value) && Array.isArray(before)) merged[key] = mergeLists(key, before, value);
    else merged[key] = value;
  }
  return merged;
}

function mergeLists(name: string, before: Node[], patch: Node[]): Node[] {
  const key = KEYS[name];
  if (!key || ![...before, ...patch].every(isMap)) return patch;
  const merged = [...(before as MapNode[])];
  const added: MapNode[] = [];
  for (const element of patch as MapNode[]) {
    const at = merged.findIndex((each) => each[key] === element[key]);
    if (at >= 0) merged[at] = strategicMerge(merged[at]!, element);
    else added.push(strategicMerge({}, element));
  }
  return [...added, ...merged];
}
