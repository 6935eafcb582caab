import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isMap, strategicMerge, type MapNode } from './strategic-merge.js';
import type { Manifest } from './manifest.js';

/** What of a kustomization is understood here. Anything else in one is refused, so that nothing is left out in silence. */
interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly patches?: readonly { readonly path: string; readonly target?: Target }[];
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
}
interface Target {
  readonly kind?: string;
  readonly name?: string;
}

const UNDERSTOOD = ['apiVersion', 'kind', 'namespace', 'resources', 'patches', 'images', 'replicas'];
const CLUSTER_WIDE: readonly unknown[] = ['Namespace'];

/**
 * Renders a folder as `kubectl kustomize` does, for as much of kustomize as we use: for machines without a kubectl that is
 * new enough. Where there is one, `.ci/run` compares the two.
 *
 * @throws Error naming the file, where something is not understood
 */
export function renderKustomization(directory: string): Manifest[] {
  return render(directory) as unknown as Manifest[];
}

function render(directory: string): MapNode[] {
  const file = path.join(directory, 'kustomization.yaml');
  const [kustomization] = documentsIn(file) as unknown as [Kustomization];
  for (const key of Object.keys(kustomization)) {
    if (!UNDERSTOOD.includes(key)) throw new Error(`${file}: "${key}" is not understood here.`);
  }
  let documents = (kustomization.resources ?? []).flatMap((name) => resource(path.join(directory, name)));
  for (const patch of kustomization.patches ?? []) {
    const [content] = documentsIn(path.join(directory, patch.path)) as [MapNode];
    documents = applied(documents, content, patch.target, path.join(directory, patch.path));
  }
  for (const { name, count } of kustomization.replicas ?? []) {
    const before = documents;
    documents = documents.map((each) =>
      each['kind'] === 'Deployment' && idOf(each).name === name
        ? strategicMerge(each, { spec: { replicas: count } })
        : each,
    );
    if (documents.every((each, index) => each === before[index])) throw new Error(`${file}: no Deployment "${name}".`);
  }
  for (const image of kustomization.images ?? [])
    documents = documents.map((each) => withImage(each, image) as MapNode);
  const { namespace } = kustomization;
  return namespace ? documents.map((each) => inNamespace(each, namespace)) : documents;
}

function resource(name: string): MapNode[] {
  if (!existsSync(name)) throw new Error(`${name} is not there.`);
  return statSync(name).isDirectory() ? render(name) : documentsIn(name);
}

/** The documents of a file; a key that stands twice is an error. */
export function documentsIn(file: string): MapNode[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
    const content = document.toJS() as MapNode;
    if (!isMap(content)) throw new Error(`${file}: a document is empty or no map.`);
    return content;
  });
}

function idOf(document: MapNode): { kind: unknown; name: unknown } {
  const metadata = document['metadata'];
  return { kind: document['kind'], name: isMap(metadata) ? metadata['name'] : undefined };
}

/** With a target, a patch goes to all that it names, and its own kind and name count for nothing. */
function applied(documents: MapNode[], patch: MapNode, target: Target | undefined, file: string): MapNode[] {
  const own = idOf(patch);
  const wanted = target ?? own;
  const content = { ...patch };
  delete content['apiVersion'];
  delete content['kind'];
  let hits = 0;
  const patched = documents.map((each) => {
    const { kind, name } = idOf(each);
    if ((wanted.kind && wanted.kind !== kind) || (wanted.name && wanted.name !== name)) return each;
    hits++;
    return strategicMerge(each, {
      ...content,
      metadata: { ...(content['metadata'] as MapNode), name: name as string },
    });
  });
  if (hits === 0) throw new Error(`${file} patches nothing.`);
  return patched;
}

function withImage(node: MapNode[string], image: NonNullable<Kustomization['images']>[number]): MapNode[string] {
  if (Array.isArray(node)) return node.map((each) => withImage(each, image));
  if (!isMap(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key !== 'image' || typeof value !== 'string') return [key, withImage(value, image)];
      const [name = '', tag] = value.split(':');
      if (name !== image.name) return [key, value];
      const newTag = image.newTag ?? tag;
      return [key, `${image.newName ?? name}${newTag ? `:${newTag}` : ''}`];
    }),
  );
}

function inNamespace(document: MapNode, namespace: string): MapNode {
  if (CLUSTER_WIDE.includes(idOf(document).kind)) return document;
  return { ...document, metadata: { ...(document['metadata'] as MapNode), namespace } };
}
