import { getOption, hasOption, type DescFile, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import * as contracts from '#contracts';
import { EventDefinitionError } from './event-log.errors.js';

/** A topic as `proto/` declares it. */
export interface Topic {
  readonly name: string;
  /** The service, and so the Postgres schema, that alone appends to it. */
  readonly owner: string;
  readonly partitions: number;
  /** Age in milliseconds after which a record may go; undefined = no limit. */
  readonly retentionMs: number | undefined;
  /** Payload bytes a partition may hold; undefined = no limit. */
  readonly retentionBytes: number | undefined;
  /** Only the newest record of each tenant and key is kept, for ever. */
  readonly compacted: boolean;
}

/** An event message and how it travels. */
export interface EventType {
  readonly schema: DescMessage;
  /** `noun.past-tense.vN` */
  readonly type: string;
  readonly topic: Topic;
  /** What orders the event among those of its tenant. */
  keyOf(message: MessageShape<DescMessage>, tenantId: string): string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const OWNER = /^[a-z][a-z0-9_]*$/;
const TYPE = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*\.v[1-9][0-9]*$/;
const MAX_PARTITIONS = 1024;

/** The topics and events that a set of proto files declares. */
export class TopicCatalog {
  private readonly topics = new Map<string, Topic>();
  private readonly types = new Map<string, EventType>();
  private readonly bySchema = new Map<string, EventType>();

  /** @throws EventDefinitionError if a declaration is incomplete, contradictory or names what does not exist. */
  constructor(files: readonly DescFile[]) {
    for (const file of files) this.readTopics(file);
    for (const file of files) for (const message of file.messages) this.readEvent(message);
  }

  /** Everything in `#contracts`. */
  static ofContracts(): TopicCatalog {
    contractsCatalog ??= new TopicCatalog(Object.values(contracts).filter(isFile));
    return contractsCatalog;
  }

  all(): Topic[] {
    return [...this.topics.values()];
  }

  /** @throws EventDefinitionError if there is no topic of that name. */
  topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (!topic) throw new EventDefinitionError(`There is no topic "${name}".`);
    return topic;
  }

  hasTopic(name: string): boolean {
    return this.topics.has(name);
  }

  /** @throws EventDefinitionError if the message is not an event. */
  eventOf(schema: DescMessage): EventType {
    const found = this.bySchema.get(schema.typeName);
    if (!found) throw new EventDefinitionError(`${schema.typeName} is not an event of this log.`);
    return found;
  }

  /** The event of a type name, undefined if this process does not know it. */
  eventOfType(type: string): EventType | undefined {
    return this.types.get(type);
  }

  private readTopics(file: DescFile): void {
    for (const option of getOption(file, contracts.topic)) {
      const where = `topic "${option.name}" in ${file.name}.proto`;
      if (!NAME.test(option.name)) throw new EventDefinitionError(`The name of ${where} must be a lower-case noun.`);
      if (!OWNER.test(option.owner)) throw new EventDefinitionError(`The owner of ${where} must be a service.`);
      if (option.partitions < 1 || option.partitions > MAX_PARTITIONS) {
        throw new EventDefinitionError(`The number of partitions of ${where} must be 1 to ${MAX_PARTITIONS}.`);
      }
      if (option.compacted && (option.retentionHours || option.retentionBytes)) {
        throw new EventDefinitionError(`A compacted topic keeps its records for ever, but ${where} also has a limit.`);
      }
      if (this.topics.has(option.name)) throw new EventDefinitionError(`A second declaration of ${where}.`);
      this.topics.set(option.name, {
        name: option.name,
        owner: option.owner,
        partitions: option.partitions,
        retentionMs: option.retentionHours ? option.retentionHours * 3_600_000 : undefined,
        retentionBytes: option.retentionBytes ? Number(option.retentionBytes) : undefined,
        compacted: option.compacted,
      });
    }
  }

  private readEvent(schema: DescMessage): void {
    if (!hasOption(schema, contracts.event)) return;
    const option = getOption(schema, contracts.event);
    const topic = this.topics.get(option.topic);
    if (!topic)
      throw new EventDefinitionError(`${schema.typeName} names topic "${option.topic}", which is not declared.`);
    if (!TYPE.test(option.type))
      throw new EventDefinitionError(`The type of ${schema.typeName} must look like noun.past-tense.vN.`);
    if (this.types.has(option.type)) throw new EventDefinitionError(`Two events are of type ${option.type}.`);
    const event: EventType = { schema, type: option.type, topic, keyOf: keyReader(schema, option.key) };
    this.types.set(event.type, event);
    this.bySchema.set(schema.typeName, event);
  }
}

let contractsCatalog: TopicCatalog | undefined;

/** A key of `tenant` that is not a field of the message means: the tenant itself orders the events. */
function keyReader(schema: DescMessage, name: string): EventType['keyOf'] {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (!field) {
    if (name === 'tenant') return (_message, tenantId) => tenantId;
    throw new EventDefinitionError(`${schema.typeName} names key "${name}", which is not a field of it.`);
  }
  if (field.fieldKind !== 'scalar')
    throw new EventDefinitionError(`The key "${name}" of ${schema.typeName} must be a scalar.`);
  const { localName } = field;
  return (message) => String((message as unknown as Record<string, unknown>)[localName]);
}

function isFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
}
