/** What orders a record: tenant and key. Also the key of the record on Kafka. */
export function recordKey(tenantId: string, key: string): string {
  return `${tenantId}/${key}`;
}

/**
 * The partition of a tenant and key: murmur2 over the UTF-8 bytes of `tenant/key`, sign bit cleared, modulo the number
 * of partitions. This is what Kafka's default partitioner does, so any Kafka client agrees with us.
 */
export function partitionOf(tenantId: string, key: string, partitions: number): number {
  if (partitions === 1) return 0;
  return (murmur2(Buffer.from(recordKey(tenantId, key))) & 0x7fffffff) % partitions;
}

/** MurmurHash2, 32 bits, seed 0x9747b28c, as in Kafka's `Utils.murmur2`. Answers a signed 32-bit number. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = data.length;
  let h = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const left = length - i;
  if (left >= 3) h ^= data[i + 2]! << 16;
  if (left >= 2) h ^= data[i + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ data[i]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
