import { create, createFileRegistry, setExtension, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { event as eventOption, topic as topicOption, EventOptionsSchema, TopicOptionsSchema } from '#contracts';
import { TopicCatalog } from '#event-log';

/** What every event of the suite carries. */
export interface Counted {
  readonly source: string;
  /** Counts up from 1 for each source. */
  readonly number: bigint;
  readonly filler: Uint8Array;
}

export const BYTES_LIMIT = 200_000;

const TOPICS = [
  { name: 'counted', owner: 'producer', partitions: 4 },
  { name: 'single', owner: 'producer', partitions: 1 },
  { name: 'aged', owner: 'producer', partitions: 2, retentionHours: 1 },
  { name: 'sized', owner: 'producer', partitions: 1, retentionBytes: BigInt(BYTES_LIMIT) },
  { name: 'newest', owner: 'producer', partitions: 2, compacted: true },
  { name: 'result', owner: 'consumer', partitions: 4 },
];
const MESSAGES = [
  { name: 'CountedAppended', type: 'counted.appended.v1', topic: 'counted' },
  { name: 'CountedMarked', type: 'counted.marked.v1', topic: 'counted' },
  { name: 'SingleAppended', type: 'single.appended.v1', topic: 'single' },
  { name: 'AgedAppended', type: 'aged.appended.v1', topic: 'aged' },
  { name: 'SizedAppended', type: 'sized.appended.v1', topic: 'sized' },
  { name: 'NewestChanged', type: 'newest.changed.v1', topic: 'newest' },
  { name: 'ResultAppended', type: 'result.appended.v1', topic: 'result' },
];
/** Known only to a catalog of the next version. */
const NEXT_MESSAGES = [{ name: 'SingleRenamed', type: 'single.renamed.v1', topic: 'single' }];

const { STRING, UINT64, BYTES } = FieldDescriptorProto_Type;
const FIELDS = [
  { name: 'source', type: STRING },
  { name: 'number', type: UINT64 },
  { name: 'filler', type: BYTES },
];

function describeFile(name: string, messages: typeof MESSAGES) {
  const options = create(FileOptionsSchema);
  setExtension(
    options,
    topicOption,
    TOPICS.map((topic) => create(TopicOptionsSchema, topic)),
  );
  const file = create(FileDescriptorProtoSchema, {
    name: `${name}.proto`,
    package: 'gnomon.conformance.v1',
    syntax: 'proto3',
    options,
    messageType: messages.map((message) => {
      const messageOptions = create(MessageOptionsSchema);
      setExtension(messageOptions, eventOption, create(EventOptionsSchema, { ...message, key: 'source' }));
      return create(DescriptorProtoSchema, {
        name: message.name,
        options: messageOptions,
        field: FIELDS.map((field, index) => ({
          ...field,
          number: index + 1,
          jsonName: field.name,
          label: FieldDescriptorProto_Label.OPTIONAL,
        })),
      });
    }),
  });
  return createFileRegistry(file, () => undefined);
}

const registry = describeFile('conformance', MESSAGES);
const nextRegistry = describeFile('conformance', [...MESSAGES, ...NEXT_MESSAGES]);

function schemaOf(name: string, from = registry): DescMessage {
  const schema = from.getMessage(`gnomon.conformance.v1.${name}`);
  if (!schema) throw new Error(`no message ${name}`);
  return schema;
}

export const testCatalog = new TopicCatalog([...registry.files]);
/** As a later version of the software has it: one more type of event. */
export const nextTestCatalog = new TopicCatalog([...nextRegistry.files]);

export const CountedAppended = schemaOf('CountedAppended');
export const CountedMarked = schemaOf('CountedMarked');
export const SingleAppended = schemaOf('SingleAppended');
export const AgedAppended = schemaOf('AgedAppended');
export const SizedAppended = schemaOf('SizedAppended');
export const NewestChanged = schemaOf('NewestChanged');
export const ResultAppended = schemaOf('ResultAppended');
export const SingleRenamed = schemaOf('SingleRenamed', nextRegistry);

/** The fields of an event, for `append` and `publish`: the schemas here are made at run time and have no static types. */
export function counted(source: string, number: number | bigint, filler = 0): MessageInitShape<DescMessage> {
  return { source, number: BigInt(number), filler: new Uint8Array(filler) };
}

export function asCounted(message: unknown): Counted {
  return message as Counted;
}
