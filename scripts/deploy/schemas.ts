import { messageOf } from '#kernel';
import { nameOf, type Manifest, type Problem } from './manifest.js';
import { modelModule, unknownFields } from './unknown-fields.js';

type Model = new (data: unknown) => { validate(): void };

/** What Kubernetes (and KEDA) would refuse by their own schemas: a wrong type, a missing field, a field there is not. */
export async function schemaProblems(manifests: readonly Manifest[]): Promise<Problem[]> {
  const problems = unknownFields(manifests);
  for (const manifest of manifests) {
    const models = (await import(modelModule(manifest.apiVersion)).catch(() => ({}))) as Record<string, Model>;
    const model = models[manifest.kind];
    if (!model) continue;
    try {
      new model(manifest).validate();
    } catch (error) {
      problems.push({ where: nameOf(manifest), what: messageOf(error) });
    }
  }
  return problems;
}
