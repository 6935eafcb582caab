import { create, createFileRegistry, setExtension } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { EventOptionsSchema, TopicOptionsSchema, event, topic } from '#contracts';
import { TopicCatalog } from '#event-log';
import { PARTITIONS } from './eventlog-order.js';

export const SERVICE = 'bench';
export const TOPIC = 'measured';
export const TYPE = 'measured.happened.v1';

const fileOptions = create(FileOptionsSchema);
setExtension(fileOptions, topic, [create(TopicOptionsSchema, { name: TOPIC, owner: SERVICE, partitions: PARTITIONS })]);
const messageOptions = create(MessageOptionsSchema);
setExtension(messageOptions, event, create(EventOptionsSchema, { type: TYPE, topic: TOPIC, key: 'source' }));

const { STRING, UINT64, BYTES } = FieldDescriptorProto_Type;
const fields = [
  { name: 'source', type: STRING },
  { name: 'number', type: UINT64 },
  { name: 'content', type: BYTES },
].map((field, index) => ({
  ...field,
  number: index + 1,
  jsonName: field.name,
  label: FieldDescriptorProto_Label.OPTIONAL,
}));

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'measured.proto',
    package: 'gnomon.bench.v1',
    syntax: 'proto3',
    options: fileOptions,
    messageType: [create(DescriptorProtoSchema, { name: 'Measured', options: messageOptions, field: fields })],
  }),
  () => undefined,
);

/** An event that is nearly all one field of bytes: how long protobuf takes for nested messages is not the log's matter. */
export const Measured = registry.getMessage('gnomon.bench.v1.Measured')!;
export const measuredCatalog = new TopicCatalog([...registry.files]);
/** Of an event beside its content: a source, a number, tags and lengths. */
export const FRAME_BYTES = 48;
