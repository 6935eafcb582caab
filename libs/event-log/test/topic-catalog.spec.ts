import { describe, expect, it } from '@jest/globals';
import { create, createFileRegistry, setExtension, type DescFile } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import {
  AppChangedSchema,
  AppSchema,
  event,
  EventOptionsSchema,
  TelemetryReceivedSchema,
  topic,
  TopicOptionsSchema,
} from '#contracts';
import { EventDefinitionError, TopicCatalog } from '#event-log';

interface Declared {
  topics?: Partial<{ name: string; owner: string; partitions: number; compacted: boolean; retentionHours: number }>[];
  event?: Partial<{ type: string; topic: string; key: string }>;
  repeated?: boolean;
}

describe('the topics of the contracts', () => {
  const catalog = TopicCatalog.ofContracts();

  it('are what proto/ declares', () => {
    expect(catalog.topic('app')).toEqual({
      name: 'app',
      owner: 'catalog',
      partitions: 4,
      retentionMs: undefined,
      retentionBytes: undefined,
      compacted: true,
    });
    expect(catalog.topic('telemetry')).toMatchObject({
      retentionMs: 72 * 3_600_000,
      retentionBytes: 2 ** 33,
      compacted: false,
    });
  });

  it('know the type, topic and key of an event', () => {
    const found = catalog.eventOf(TelemetryReceivedSchema);
    expect(found).toMatchObject({ type: 'telemetry.received.v1', topic: { name: 'telemetry' } });
    expect(found.keyOf(create(TelemetryReceivedSchema, { sourceId: 'd1' }), 't1')).toBe('d1');
    expect(catalog.eventOfType('app.changed.v1')?.schema).toBe(AppChangedSchema);
    expect(catalog.eventOfType('app.exploded.v1')).toBeUndefined();
  });

  it('refuse a message that is no event, and a topic that is none', () => {
    expect(() => catalog.eventOf(AppSchema)).toThrow('gnomon.model.v1.App is not an event of this log.');
    expect(() => catalog.topic('ap')).toThrow(EventDefinitionError);
  });
});

describe('a declaration', () => {
  it('may name the tenant as key without a field for it', () => {
    const catalog = catalogOf({ event: { key: 'tenant' } });
    const found = catalog.eventOfType('thing.changed.v1')!;
    expect(found.keyOf(create(found.schema), 't1')).toBe('t1');
  });

  it.each<[string, Declared]>([
    ['names key "thing"', { event: { key: 'thing' } }],
    ['must be a scalar', { repeated: true }],
    ['names topic "other"', { event: { topic: 'other' } }],
    ['must look like noun.past-tense.vN', { event: { type: 'ThingChanged' } }],
    ['The number of partitions', { topics: [{ partitions: 0 }] }],
    ['The owner', { topics: [{ owner: '' }] }],
    ['lower-case noun', { topics: [{ name: 'Thing' }] }],
    ['keeps its records for ever', { topics: [{ compacted: true, retentionHours: 1 }] }],
    ['A second declaration', { topics: [{}, {}] }],
  ])('is refused when it cannot work: %s', (message, declared) => {
    expect(() => catalogOf(declared)).toThrow(EventDefinitionError);
    expect(() => catalogOf(declared)).toThrow(message);
  });
});

function catalogOf(declared: Declared): TopicCatalog {
  return new TopicCatalog([fileOf(declared)]);
}

function fileOf(declared: Declared): DescFile {
  const topics = (declared.topics ?? [{}]).map((each) => ({ name: 'thing', owner: 'policy', partitions: 2, ...each }));
  const options = create(FileOptionsSchema);
  setExtension(
    options,
    topic,
    topics.map((each) => create(TopicOptionsSchema, each)),
  );
  const messageOptions = create(MessageOptionsSchema);
  const eventOptions = { type: 'thing.changed.v1', topic: 'thing', key: 'thing_id', ...declared.event };
  setExtension(messageOptions, event, create(EventOptionsSchema, eventOptions));
  const label = declared.repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL;
  const field = { name: 'thing_id', number: 1, jsonName: 'thingId', type: FieldDescriptorProto_Type.STRING, label };
  const messageType = [
    create(DescriptorProtoSchema, { name: 'ThingChanged', options: messageOptions, field: [field] }),
  ];
  const proto = { name: 'thing.proto', package: 'test', syntax: 'proto3', options, messageType };
  const [file] = createFileRegistry(create(FileDescriptorProtoSchema, proto), () => undefined).files;
  return file!;
}
