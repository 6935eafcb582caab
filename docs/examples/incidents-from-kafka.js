// Follows Gnomon's incidents on Kafka with kafkajs. It shares no code with Gnomon: topics, headers and `proto/` are all it knows.
//
//   npx buf build -o gnomon.binpb                     (in a checkout of Gnomon; a file you then keep with your code)
//   npm install kafkajs @bufbuild/protobuf
//   KAFKA_BROKERS=localhost:9092 node incidents-from-kafka.js gnomon.binpb
//
// Prints a line of JSON for each change of an incident.
import { readFileSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
// kafkajs brings gzip only; Gnomon writes zstd unless GNOMON_KAFKA_COMPRESSION says otherwise.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer) => zstdDecompressSync(buffer),
});

const [descriptors = 'gnomon.binpb'] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const incidentChanged = registry.getMessage('gnomon.events.v1.IncidentChanged');

const kafka = new Kafka({
  clientId: 'incident-reader',
  brokers: (process.env.KAFKA_BROKERS ?? 'localhost:9092').split(','),
  logLevel: logLevel.ERROR,
});
const reader = kafka.consumer({ groupId: process.env.KAFKA_GROUP ?? 'incident-reader' });

/** The newest version seen of each incident. Keep it with your own data: then a restart forgets nothing. */
const versions = new Map();

await reader.connect();
await reader.subscribe({ topic: 'incident', fromBeginning: true });
await reader.run({
  eachMessage: async ({ partition, message }) => {
    const header = (name) => message.headers?.[name]?.toString();
    // Other events may come to this topic: read what you know, pass over the rest.
    if (header('ce_type') !== 'incident.changed.v1') return;
    const { incidentId, incident, changes } = toJson(incidentChanged, fromBinary(incidentChanged, message.value), {
      registry,
    });
    const version = BigInt(incident.version);
    // A record may come twice, as anything on Kafka may; the version of an incident counts up with every change.
    if (version <= (versions.get(incidentId) ?? 0n)) return;
    versions.set(incidentId, version);
    const { title, severity, status, alertCount } = incident;
    const place = { partition, offset: message.offset };
    const line = {
      ...place,
      tenantId: header('ce_tenantid'),
      incidentId,
      changes,
      title,
      severity,
      status,
      alertCount,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  },
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void reader.disconnect());
