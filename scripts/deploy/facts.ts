import { globSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DescMessage } from '@bufbuild/protobuf';
import { EventDefinitionError, handlersOf, TopicCatalog } from '#event-log';
import { environmentName } from '#kernel';
import { allSettings } from '../setting-definitions.js';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');

/** What the code says that a deployment has to agree with. */
export interface Facts {
  /** The names of all settings, `GNOMON_…`. */
  readonly settings: ReadonlySet<string>;
  /** By service that has a consumer group: the most partitions that any topic it reads has. */
  readonly partitions: ReadonlyMap<string, number>;
}

export async function readFacts(): Promise<Facts> {
  const groups = await allSettings();
  const settings = new Set(groups.flatMap(({ shape }) => Object.values(shape).map(environmentName)));
  return { settings, partitions: await partitions() };
}

/** From the handlers of each service, which are named for the events they take, and the topics of these events. */
async function partitions(): Promise<Map<string, number>> {
  const catalog = TopicCatalog.ofContracts();
  const found = new Map<string, number>();
  for (const source of globSync('services/*/src/*.handlers.ts', { cwd: ROOT }).sort()) {
    const file = path.join(ROOT, 'dist', source.replace(/\.ts$/, '.js'));
    const classes = Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>);
    const events = classes
      .filter((each): each is { prototype: object } => typeof each === 'function')
      .flatMap(({ prototype }) => eventsOf(prototype).map((schema) => catalog.eventOf(schema)));
    if (events.length === 0) continue;
    const service = source.split(path.sep)[1]!;
    found.set(service, Math.max(found.get(service) ?? 0, ...events.map(({ topic }) => topic.partitions)));
  }
  return found;
}

/** None where the class handles something else, such as jobs. */
function eventsOf(prototype: object): DescMessage[] {
  try {
    return handlersOf(prototype).map(({ schema }) => schema);
  } catch (error) {
    if (error instanceof EventDefinitionError) return [];
    throw error;
  }
}
